import { EventEmitter, once } from 'node:events';

/** What happened inside an application, for a test outside of it to wait for. */
export class EventLog {
  readonly events: string[] = [];
  readonly #emitter = new EventEmitter();

  add(event: string): void {
    this.events.push(event);
    this.#emitter.emit('event');
  }

  async until(event: string): Promise<void> {
    while (!this.events.includes(event)) await once(this.#emitter, 'event');
  }
}
