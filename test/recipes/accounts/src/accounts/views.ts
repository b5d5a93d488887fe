import {
  HttpResponse,
  type HttpRequest,
  html,
  htmlResponse,
  PermissionDenied,
} from '@wsgi/framework';
import { auth, headersOf, userOf } from './auth.ts';

/** Signing up, in and out, and what else Better Auth answers below /accounts/. */
export async function accounts(request: HttpRequest): Promise<HttpResponse> {
  const { url, method, isRead } = request;
  const body = isRead ? null : await request.text();
  const answer = await auth().handler(
    new Request(url, { method, headers: headersOf(request), body }),
  );
  const response = new HttpResponse(await answer.bytes(), { status: answer.status });
  for (const [name, value] of answer.headers) response.headers.append(name, value);
  return response;
}

export async function profile(request: HttpRequest): Promise<HttpResponse> {
  const user = await userOf(request);
  if (user === undefined) throw new PermissionDenied('Sign in first.');
  return htmlResponse(html`<h1>Hello, ${user.name}.</h1>`).neverCache();
}
