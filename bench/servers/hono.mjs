import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const app = new Hono();
app.get('/items/:id/', (context) => {
  const id = Number(context.req.param('id'));
  return context.json({ id, name: `Item ${id}` });
});
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
