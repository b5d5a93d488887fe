import express from 'express';
import multer from 'multer';
import { CUSTOMERS, totalOf } from './customers.mjs';
import { page } from './page.mjs';

const app = express();
const upload = multer({ storage: multer.memoryStorage() });
app.use('/static', express.static(process.env.STATIC_ROOT));
app.post('/orders/', express.json(), (request, response) => {
  response.json(totalOf(request.body));
});
app.get('/customers/', (_request, response) => {
  response.send(page(CUSTOMERS));
});
app.post('/photos/', upload.single('photo'), (request, response) => {
  const { originalname: name, size } = request.file;
  response.json({ name, size });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
