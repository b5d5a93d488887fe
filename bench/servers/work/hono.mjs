import { relative } from 'node:path';
import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { CUSTOMERS, totalOf } from './customers.mjs';

const app = new Hono();
app.use(
  '/static/*',
  serveStatic({
    root: relative('.', process.env.STATIC_ROOT),
    rewriteRequestPath: (path) => path.slice('/static'.length),
  }),
);
app.post('/orders/', async (context) => context.json(totalOf(await context.req.json())));
app.get('/customers/', (context) => context.html(page(CUSTOMERS)));
app.post('/photos/', async (context) => {
  const { photo } = await context.req.parseBody();
  return context.json({ name: photo.name, size: photo.size });
});
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });

function page(customers) {
  return html`<!doctype html>
    <html lang="en">
      <title>Customers</title>
      <table>
        ${customers.map(row)}
      </table>
    </html>`;
}

function row({ id, name, note }) {
  return html`<tr>
    <td>${id}</td>
    <td>${name}</td>
    <td>${note}</td>
  </tr>`;
}
