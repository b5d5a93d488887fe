import { once } from 'node:events';
import { orderIn, type Envelope, type StartMessage, type WorkerMessage } from '../messages.ts';

/** The arbiter's first message. */
export async function startMessage(): Promise<StartMessage> {
  const [message] = (await once(process, 'message')) as [StartMessage];
  return message;
}

export function whenToldToDrain(drain: () => void): void {
  process.on('message', (received) => {
    if (orderIn(received)?.kind === 'drain') drain();
  });
  // An application that awaits what never comes is found by Node, where nothing else keeps the process.
  process.channel?.unref();
}

/** Resolves once it is sent; where the arbiter has gone there is nobody to tell, and that is at once. */
export function tell(message: WorkerMessage): Promise<void> {
  const envelope: Envelope<WorkerMessage> = { gateway: message };
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(envelope, undefined, undefined, () => resolve());
  });
}
