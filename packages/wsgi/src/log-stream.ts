import { fstatSync, writeSync } from 'node:fs';
import { shortenLine } from './log-line.ts';

const STDOUT = 1;

/** A write to a pipe is never torn by another process's up to this size (POSIX PIPE_BUF on Linux). */
const PIPE_PAGE_BYTES = 4096;
/** One to a file is not torn at all, of whatever size. */
const FILE_PAGE_BYTES = 32_768;
const FLUSH_AFTER_MS = 50;
const QUEUED_PAGES_MAX = 256;
/** What a UTF-16 unit takes at most. */
const UTF8_UNIT_BYTES_MAX = 3;

/** How long an exit may wait for a reader, and how often it looks. */
const FINISH_MS = 400;
const RETRY_MS = 5;
const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

const LINE_END = Buffer.from('\n');

/**
 * Whole lines into a file descriptor that several processes share. Lines are gathered into pages,
 * so that a busy worker makes one system call for many; those that are too long for one page of a pipe
 * are shortened, as another process's would tear them. A descriptor that takes nothing (a slow reader, a
 * full disk, a closed pipe) never stops or slows the worker: lines are dropped, counted, and told of later.
 */
export class LogStream {
  readonly #fd: number;
  readonly #beforeWrite: () => void;
  readonly #isFile: boolean;
  readonly #pageSizeBytes: number;
  #page: Buffer;
  /** One that was written, to be the next. */
  #sparePage: Buffer | undefined;
  #pageBytes = 0;
  #queue: Buffer[] = [];
  /** A part of the first page is written. */
  #isInPage = false;
  /** The last line that was written lacks its end, for good. */
  #isTorn = false;
  #timer: NodeJS.Timeout | undefined;
  #droppedLines = 0;

  /** @param beforeWrite makes true what the lines say that are about to be written. */
  constructor(fd: number, beforeWrite: () => void = () => undefined) {
    this.#fd = fd;
    this.#beforeWrite = beforeWrite;
    this.#isFile = fstatSync(fd).isFile();
    this.#pageSizeBytes = this.#isFile ? FILE_PAGE_BYTES : PIPE_PAGE_BYTES;
    this.#page = Buffer.allocUnsafe(this.#pageSizeBytes);
    // Node sets its own streams so that no write waits for the reader of a pipe.
    void (fd === STDOUT ? process.stdout : process.stderr);
    process.on('exit', () => this.#finish());
  }

  write(line: string): void {
    if (!this.#fits(line)) this.#turnPage();
    if (this.#fits(line)) this.#add(line);
    else if (this.#isFile) this.#enqueue(Buffer.from(line));
    else this.#add(shortenLine(line, this.#pageSizeBytes));
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drainQueue();
    // Where others wait already, it waits until it is full.
    if (this.#queue.length === 0) this.#turnPage();
    if (this.#queue.length > 0)
      this.#timer = setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  /** The last lines are worth waiting for, a moment. */
  #finish(): void {
    const endsAtMs = performance.now() + FINISH_MS;
    this.#turnPage();
    for (;;) {
      this.#drainQueue();
      if (this.#queue.length === 0 || performance.now() > endsAtMs) return;
      Atomics.wait(NEVER, 0, 0, RETRY_MS);
    }
  }

  #add(line: string): void {
    this.#pageBytes += this.#page.write(line, this.#pageBytes);
  }

  /** Its exact size, which is dear, counts only where the page is nearly full. */
  #fits(line: string): boolean {
    const leftBytes = this.#pageSizeBytes - this.#pageBytes;
    return line.length * UTF8_UNIT_BYTES_MAX <= leftBytes || Buffer.byteLength(line) <= leftBytes;
  }

  #turnPage(): void {
    if (this.#pageBytes === 0) return;
    const page = this.#page;
    this.#enqueue(page.subarray(0, this.#pageBytes));
    this.#page = this.#sparePage ?? Buffer.allocUnsafe(this.#pageSizeBytes);
    this.#sparePage = undefined;
    this.#pageBytes = 0;
    this.#drainQueue();
    if (this.#queue.length === 0) this.#sparePage = page;
  }

  #enqueue(page: Buffer): void {
    if (this.#queue.length < QUEUED_PAGES_MAX) this.#queue.push(page);
    else this.#drop(page);
  }

  #drainQueue(): void {
    if (this.#queue.length > 0) this.#beforeWrite();
    for (let page = this.#queue[0]; page !== undefined; page = this.#queue[0]) {
      const bytes = this.#isTorn ? Buffer.concat([LINE_END, page]) : page;
      try {
        const written = writeSync(this.#fd, bytes);
        this.#isTorn = false;
        this.#isInPage = written < bytes.length;
        if (this.#isInPage) this.#queue[0] = bytes.subarray(written);
        else this.#queue.shift();
        this.#tellDropped();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return;
        this.#isTorn ||= this.#isInPage;
        this.#isInPage = false;
        this.#queue.shift();
        this.#drop(page);
      }
    }
  }

  #drop(page: Buffer): void {
    for (const byte of page) if (byte === 0x0a) this.#droppedLines += 1;
  }

  /** Once lines are taken again, one of them says how many were not. */
  #tellDropped(): void {
    if (this.#droppedLines === 0) return;
    const msg = `${this.#droppedLines} log lines could not be written`;
    this.#droppedLines = 0;
    const { pid } = process;
    const line = { level: 'error', time: new Date().toISOString(), logger: 'log', pid, msg };
    this.#queue.push(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}

const unbuffered = new Map<number, LogStream>();

/** Writes each line at once: of a log that has few, the last ones before a crash matter most. */
export function unbufferedStream(fd: number): { write(line: string): void } {
  const stream = unbuffered.get(fd) ?? new LogStream(fd);
  unbuffered.set(fd, stream);
  return {
    write(line) {
      stream.write(line);
      stream.flush();
    },
  };
}
