/** What the page of customers shows: every row has something to escape. */
export const CUSTOMERS = Array.from({ length: 50 }, (_, index) => ({
  id: index + 1,
  name: `O'Brien & Sons <${index + 1}>`,
  note: `Said "yes" to ${index} of 50 offers; pays < 30 days`,
}));

/** The answer to an order: what it is worth. */
export function totalOf({ id, lines }) {
  const totalCents = lines.reduce(
    (sum, { quantity, priceCents }) => sum + quantity * priceCents,
    0,
  );
  return { id, lines: lines.length, totalCents };
}
