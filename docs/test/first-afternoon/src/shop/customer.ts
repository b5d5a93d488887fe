import { type HttpRequest, type HttpResponse, redirect, reverse } from '@wsgi/framework';

const maxAgeSeconds = 30 * 24 * 60 * 60;

/** Who the browser says it is: undefined where the cookie is missing, too old or was changed. */
export function customerName(request: HttpRequest): string | undefined {
  return request.signedCookie('customer', { maxAgeSeconds });
}

export async function rename(request: HttpRequest): Promise<HttpResponse> {
  const form = await request.form();
  const response = redirect(reverse('shop:catalogue'), { status: 303 });
  response.setSignedCookie('customer', form.get('name') ?? '', { maxAgeSeconds });
  return response;
}
