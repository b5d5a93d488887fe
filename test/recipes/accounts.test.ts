import { expect, inject, test } from 'vitest';
import { Kitchen } from './kitchen.ts';

const { folder, environment } = inject('kitchen');
const kitchen = new Kitchen(folder, environment);
const ANN = { name: 'Ann', email: 'ann@shop.example', password: 'a long enough password' };

function post(path: string, data: object, Cookie = ''): Promise<Response> {
  return kitchen.ask(`/accounts/${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Origin: `http://${environment['HTTP_PORT']}`,
      ...(Cookie && { Cookie }),
    },
    body: JSON.stringify(data),
  });
}

function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((field) => field.split(';')[0])
    .join('; ');
}

async function profile(Cookie: string): Promise<[status: number, text: string]> {
  const response = await kitchen.ask('/profile/', { headers: { Cookie } });
  return [response.status, await response.text()];
}

test('who signs up is known by a cookie that scripts cannot read, until signing out', async () => {
  const signedUp = await post('sign-up/email', ANN);
  expect(signedUp.status).toBe(200);
  expect(signedUp.headers.getSetCookie().join()).toMatch(/HttpOnly/);
  const cookie = cookieOf(signedUp);
  expect(await profile(cookie)).toEqual([200, '<h1>Hello, Ann.</h1>']);
  expect((await post('sign-out', {}, cookie)).status).toBe(200);
  expect((await profile(cookie))[0]).toBe(403);
});

test('who has the password may sign in, and nobody else', async () => {
  const { email, password } = ANN;
  expect((await post('sign-in/email', { email, password: `${password}!` })).status).toBe(401);
  expect((await profile(''))[0]).toBe(403);
  const signedIn = await post('sign-in/email', { email, password });
  expect((await profile(cookieOf(signedIn)))[0]).toBe(200);
});
