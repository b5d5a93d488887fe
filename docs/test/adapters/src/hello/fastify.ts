import fastify from 'fastify';
import { nodeApplication } from '@wsgi/wsgi/adapters/node-application';

const app = fastify();

app.get<{ Params: { name: string } }>('/hello/:name', ({ params, ip }) => ({
  hello: params.name,
  from: ip,
}));
app.post('/echo', ({ body }) => body);

await app.ready();

export const application = nodeApplication(app.routing);
