import { expect, expectTypeOf, test } from 'vitest';
import type { HttpRequest } from '../src/request.ts';
import { jsonResponse } from '../src/response.ts';
import { path } from '../src/urls/path.ts';
import type { StandardSchema } from '../src/validation.ts';
import { capturedLog } from './captured-log.ts';
import { serveProject } from './serve.ts';

interface Customer {
  readonly name: string;
  readonly age: number;
}

/** As libraries make them: it says all that is wrong, and an age in digits becomes a number. */
const CUSTOMER: StandardSchema<unknown, Customer> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    async validate(value) {
      const { name, age, ...rest } = value as Record<string, unknown>;
      const issues = [
        ...(typeof name === 'string' ? [] : [{ message: 'is no text', path: ['name'] }]),
        ...(Number(age) >= 0 ? [] : [{ message: 'is no age', path: [{ key: 'age' }, 0] }]),
        ...Object.keys(rest).map((key) => ({ message: 'is unknown', path: [key] })),
        ...('whole' in rest ? [{ message: 'The whole is <wrong>' }] : []),
      ];
      return issues.length > 0 ? { issues } : { value: { name: String(name), age: Number(age) } };
    },
  },
};

async function create(request: HttpRequest) {
  const customer = await request.json(CUSTOMER);
  expectTypeOf(customer).toEqualTypeOf<Customer>();
  return jsonResponse(customer, { status: 201 });
}

async function post(data: unknown, headers: Record<string, string> = {}) {
  const log = capturedLog();
  const { get } = await serveProject({ urlpatterns: [path('', create)] });
  const body = typeof data === 'string' ? data : JSON.stringify(data);
  const answer = await get('/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
  return { ...answer, log };
}

test('the view gets what the schema makes of the body', async () => {
  const { status, text } = await post({ name: 'Ann', age: '7' });
  expect([status, JSON.parse(text)]).toEqual([201, { name: 'Ann', age: 7 }]);
});

test('what is wrong is a 422 that lists the fields, as in RFC 9457 §3, and no line in the log', async () => {
  const { status, headers, text, log } = await post({ name: 1, age: -1, 'a/b~ #é': 1 });
  expect([status, headers['content-type']]).toEqual([422, 'application/problem+json']);
  expect(JSON.parse(text)).toMatchObject({
    title: 'Unprocessable Content',
    detail: 'name: is no text; age.0: is no age; a/b~ #é: is unknown',
    errors: [
      { detail: 'is no text', pointer: '#/name' },
      { detail: 'is no age', pointer: '#/age/0' },
      { detail: 'is unknown', pointer: '#/a~1b~0%20%23%C3%A9' },
    ],
  });
  expect(log).toEqual([]);
});

test('a page and a text say it too', async () => {
  const page = await post({ name: 'Ann', age: 7, whole: 1 }, { Accept: 'text/html' });
  expect(page.text).toContain('whole: is unknown; The whole is &#60;wrong&#62;');
  const { text } = await post({}, { Accept: 'text/plain' });
  expect(text).toMatch(/^422 Unprocessable Content: name: is no text; age\.0: is no age\n/);
});

test('what is no JSON is a 400, whatever the schema', async () => {
  expect((await post('{')).status).toBe(400);
});
