/**
 * Whether this process says what is to be said once a start. The gateway numbers its workers by
 * GATEWAY_WORKER: its first one does, and where `runserver` has said it already, the later ones.
 */
export function speaksForAll(): boolean {
  const isFirst = (process.env['GATEWAY_WORKER'] ?? '1') === '1';
  return process.env['RUNSERVER'] ? !isFirst : isFirst;
}
