import express from 'express';

const app = express();
app.get('/items/:id/', (request, response) => {
  const id = Number(request.params.id);
  response.json({ id, name: `Item ${id}` });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
