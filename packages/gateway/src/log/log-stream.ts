import { fstatSync, writeSync } from 'node:fs';

/** A write to a pipe is never torn by another process's up to this size (POSIX PIPE_BUF on Linux). */
const PIPE_PAGE_BYTES = 4096;
/** One to a file is not torn at all. */
const FILE_PAGE_BYTES = 32_768;
const FLUSH_AFTER_MS = 50;
const QUEUED_PAGES_MAX = 256;
/** What a UTF-16 unit takes at most. */
const UTF8_UNIT_BYTES_MAX = 3;

const LINE_END = Buffer.from('\n');

/**
 * Whole lines into a file descriptor that several processes share. Lines are gathered into pages,
 * so that a busy worker makes one system call for many. A descriptor that takes nothing (a slow
 * reader, a full disk, a closed pipe) never stops or slows the worker: lines are dropped, counted, and
 * told of later.
 */
export class LogStream {
  readonly #fd: number;
  readonly #beforeWrite: () => void;
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
    this.#pageSizeBytes = fstatSync(fd).isFile() ? FILE_PAGE_BYTES : PIPE_PAGE_BYTES;
    this.#page = Buffer.allocUnsafe(this.#pageSizeBytes);
    process.on('exit', () => this.flush());
  }

  write(line: string): void {
    if (!this.#fits(line)) this.#turnPage();
    if (this.#fits(line)) this.#pageBytes += this.#page.write(line, this.#pageBytes);
    else this.#enqueue(Buffer.from(line));
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#turnPage();
    this.#drainQueue();
    if (this.#queue.length > 0)
      this.#timer = setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
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
    const line = { level: 'error', time: new Date().toISOString(), logger: 'gateway', pid, msg };
    this.#queue.push(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}

/** A line of JSON with the control characters escaped that JSON leaves as they are, and a terminal would heed. */
export function escapeC1(json: string): string {
  return json.replace(C1, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** DEL, and the second set of control characters (ECMA-48). */
const C1 = /[\x7f-\x9f]/g;
