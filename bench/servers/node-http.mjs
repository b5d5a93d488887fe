import { createServer } from 'node:http';

createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain');
  response.end('Hello\n');
}).listen(Number(process.env.PORT), '127.0.0.1');
