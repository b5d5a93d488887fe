import multipart from '@fastify/multipart';
import staticFiles from '@fastify/static';
import Fastify from 'fastify';
import { CUSTOMERS, totalOf } from './customers.mjs';
import { page } from './page.mjs';

const fastify = Fastify({ logger: { file: process.env.ACCESS_LOG } });
fastify.register(multipart);
fastify.register(staticFiles, { root: process.env.STATIC_ROOT, prefix: '/static/' });
fastify.post('/orders/', (request) => totalOf(request.body));
fastify.get('/customers/', (_request, reply) => {
  reply.type('text/html; charset=utf-8').send(page(CUSTOMERS));
});
// oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits it.
fastify.post('/photos/', async (request) => {
  const file = await request.file();
  const bytes = await file.toBuffer();
  return { name: file.filename, size: bytes.length };
});
await fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
