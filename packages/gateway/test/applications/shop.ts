import { Counter, Gauge, Histogram } from 'prom-client';
import type { Application } from '@wsgi/wsgi';

const orders = new Counter({
  name: 'shop_orders_total',
  help: 'Orders, by "kind"\nand so on.',
  labelNames: ['kind'],
});
const carts = new Gauge({ name: 'shop_carts', help: 'Open carts.' });
const weights = new Histogram({ name: 'shop_weight_kg', help: 'Of orders.', buckets: [1, 10] });

/** Each request is an order of 5 kg, of the kind that its path names, and leaves one cart more open. */
export const application: Application = (environ, startResponse) => {
  orders.inc({ kind: environ.PATH_INFO });
  carts.inc();
  weights.observe(5);
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return [Buffer.from(String(process.pid))];
};
