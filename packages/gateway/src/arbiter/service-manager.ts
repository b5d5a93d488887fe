import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Log } from '../log/log.ts';

/**
 * Tells a service manager that asks for it by NOTIFY_SOCKET how the gateway stands (sd_notify(3)): by
 * systemd's own command, as Node has no datagram sockets of unix. So the unit has NotifyAccess=all.
 */
export class ServiceManager {
  readonly #log: Log;
  readonly #isAsking = Boolean(process.env['NOTIFY_SOCKET']);
  #isReady = false;
  /** One after the other, as each is a process. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(log: Log) {
    this.#log = log;
    const { WATCHDOG_USEC = '', WATCHDOG_PID = process.pid } = process.env;
    const halfMs = Number(WATCHDOG_USEC) / 2000;
    if (halfMs > 0 && Number(WATCHDOG_PID) === process.pid) {
      setInterval(() => this.#tell('WATCHDOG=1'), halfMs).unref();
    }
  }

  /** Told once, and again after a reload. */
  ready(): void {
    if (!this.#isReady) this.#tell('READY=1');
    this.#isReady = true;
  }

  reloading(): void {
    this.#isReady = false;
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  stopping(): void {
    this.#tell('STOPPING=1');
  }

  #tell(...states: string[]): void {
    if (!this.#isAsking) return;
    this.#told = this.#told
      .then(() => promisify(execFile)('systemd-notify', states))
      .catch((error: unknown) => this.#log.error({ err: error }, 'systemd-notify failed'));
  }
}
