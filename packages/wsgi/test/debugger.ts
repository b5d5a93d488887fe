import { once } from 'node:events';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** What speaks to the inspector of a process, as a person's debugger does. */
export class Debugger {
  readonly #socket: WebSocket;
  readonly #answers: Answer[] = [];
  #wake = Promise.withResolvers<void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.#answers.push(JSON.parse(String(data)) as Answer);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  /** Undefined where nobody listens at that port of the loopback interface. */
  static async attach(port: number): Promise<Debugger | undefined> {
    const list = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined);
    if (list === undefined) return undefined;
    const [target] = (await list.json()) as { webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
    const isOpen = once(socket, 'open').then(() => true);
    const hasFailed = once(socket, 'error').then(() => false);
    return (await Promise.race([isOpen, hasFailed])) ? new Debugger(socket) : undefined;
  }

  async send(method: string, params: object = {}): Promise<Answer> {
    const id = (this.#lastId += 1);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return this.#until((answer) => answer.id === id);
  }

  /** Waits until it has told of something. */
  told(method: string): Promise<Answer> {
    return this.#until((answer) => answer.method === method);
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression });
    return result?.result?.value;
  }

  close(): void {
    this.#socket.close();
  }

  async #until(isMeant: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const found = this.#answers.find(isMeant);
      if (found !== undefined) return found;
      await this.#wake.promise;
    }
  }
}
