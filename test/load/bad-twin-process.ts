import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * The planted fault: node:http behind a round-robin node:cluster, whose rolling restart is a plain
 * `server.close()`. It answers as `echo.ts`, and replaces its workers at each message.
 */
async function runPrimary(): Promise<void> {
  const workers = [await startWorker(), await startWorker()];
  process.on('message', () => {
    void replaceAll(workers).then(() => process.send?.('reloaded'));
  });
  process.send?.('ready');
}

async function startWorker(): Promise<Worker> {
  const worker = cluster.fork();
  await once(worker, 'listening');
  return worker;
}

async function replaceAll(workers: Worker[]): Promise<void> {
  for (const old of workers.splice(0)) {
    workers.push(await startWorker());
    old.send('close');
  }
}

function runWorker(): void {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += String(piece);
    const id = request.url?.split('/')[2];
    response.end(`${request.method} ${id} ${body}`);
  });
  server.listen(Number(process.argv[2]), '127.0.0.1');
  process.on('message', () => {
    server.close(() => process.exit());
  });
  process.on('disconnect', () => process.exit());
}

if (cluster.isPrimary) await runPrimary();
else runWorker();
