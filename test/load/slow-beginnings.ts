/** What a slow client says at once; where it dribbles, a byte every two seconds follows. */
export interface Beginning {
  readonly text: string;
  readonly dribbles: boolean;
  /** Whether it comes after a handshake of TLS. */
  readonly isSecure?: boolean;
}

export const BEGINNINGS = {
  head: { text: 'GET /echo/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', dribbles: true },
  // A body that dribbles on its way to the application is allowed to go on.
  body: { text: post('/echo/1', 1000), dribbles: false },
  // One that nobody wants is not.
  unwanted: { text: post('/static/x', 100_000), dribbles: true },
  // A ClientHello of 512 bytes, of which the first five have come.
  hello: { text: '\x16\x03\x01\x02\x00', dribbles: true },
  secureHead: { text: 'GET /echo/1 HTTP/1.1\r\nX-Slow: ', dribbles: true, isSecure: true },
} as const satisfies Record<string, Beginning>;

function post(target: string, length: number): string {
  return `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\nbegin`;
}
