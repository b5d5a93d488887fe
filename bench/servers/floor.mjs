// The floor: sockets alone. Answers a constant to whatever comes, without a look at it.
import { createServer } from 'node:net';

const RESPONSE = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sun, 22 Nov 2026 09:25:26 GMT\r\n' +
    'Content-Length: 6\r\n\r\nHello\n',
);

createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(RESPONSE));
  socket.on('error', () => socket.destroy());
}).listen(Number(process.env.PORT), '127.0.0.1');
