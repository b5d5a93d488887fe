import type { SendHandle } from 'node:child_process';
import { once } from 'node:events';
import {
  orderIn,
  type ConnectionHandle,
  type Envelope,
  type StartMessage,
  type WorkerMessage,
} from '../messages.ts';
import type { Address } from '../settings/addresses.ts';

/** The arbiter's first message. */
export async function startMessage(): Promise<StartMessage> {
  const [message] = (await once(process, 'message')) as [StartMessage];
  return message;
}

export function whenToldToDrain(drain: (handsOver: boolean) => void): void {
  process.on('message', (received) => {
    const order = orderIn(received);
    if (order?.kind === 'drain') drain(order.handsOver);
  });
  // An application that awaits what never comes is found by Node, where nothing else keeps the process.
  process.channel?.unref();
}

export function whenHandedOver(
  adopt: (connection: ConnectionHandle, address: Address) => void,
): void {
  process.on('message', (received: unknown, connection: unknown) => {
    const order = orderIn(received);
    // Without a free descriptor the message comes alone.
    if (order?.kind !== 'adopt' || connection === undefined) return;
    adopt(connection as ConnectionHandle, order.address);
  });
}

/** Has another worker go on with a connection; resolves once this one has it no longer. */
export async function handOver(connection: ConnectionHandle, address: Address): Promise<void> {
  await tell({ kind: 'handover', address }, connection);
  connection.close();
}

/** Resolves once it is sent; where the arbiter has gone there is nobody to tell, and that is at once. */
export function tell(message: WorkerMessage, connection?: ConnectionHandle): Promise<void> {
  const envelope: Envelope<WorkerMessage> = { gateway: message };
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(envelope, connection as SendHandle | undefined, undefined, () => resolve());
  });
}
