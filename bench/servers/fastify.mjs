import Fastify from 'fastify';

const fastify = Fastify({ logger: { file: process.env.ACCESS_LOG } });
fastify.get('/items/:id/', (request) => {
  const id = Number(request.params.id);
  return { id, name: `Item ${id}` };
});
await fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
