import { EventEmitter, once } from 'node:events';

/** What an application tells of itself. */
export interface Log {
  add(event: string): void;
  /** Waits for an event, which may be there already. */
  until(event: string): Promise<void>;
}

/** What happened inside an application, for a test outside of it to wait for. */
export class EventLog implements Log {
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
