import { Hono } from 'hono';
import { fetchApplication } from '@wsgi/wsgi/adapters/fetch-application';
import type { Environ } from '@wsgi/wsgi';

const app = new Hono<{ Bindings: Environ }>();

app.get('/hello/:name', ({ req, env, json }) =>
  json({ hello: req.param('name'), from: env.REMOTE_ADDR }),
);
app.post('/echo', async ({ req, json }) => json(await req.json()));

export const application = fetchApplication(app.fetch);
