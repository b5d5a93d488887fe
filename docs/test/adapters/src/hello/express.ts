import express from 'express';
import { nodeApplication } from '@wsgi/wsgi/adapters/node-application';

const app = express();

app.get('/hello/:name', ({ params, ip }, response) => {
  response.json({ hello: params.name, from: ip });
});
app.post('/echo', express.json(), ({ body }, response) => {
  response.json(body);
});

export const application = nodeApplication(app);
