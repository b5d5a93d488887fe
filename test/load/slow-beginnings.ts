/** What a slow client says at once; where it dribbles, a byte every two seconds follows. */
export interface Beginning {
  readonly text: string;
  readonly dribbles: boolean;
}

export const BEGINNINGS = {
  head: { text: 'GET /echo/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', dribbles: true },
  // A body that dribbles on its way to the application is allowed to go on.
  body: { text: post('/echo/1', 1000), dribbles: false },
  // One that nobody wants is not.
  unwanted: { text: post('/static/x', 100_000), dribbles: true },
} as const satisfies Record<string, Beginning>;

function post(target: string, length: number): string {
  return `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\nbegin`;
}
