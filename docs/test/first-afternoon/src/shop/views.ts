import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BadRequest,
  fileResponse,
  html,
  htmlResponse,
  type HttpRequest,
  type HttpResponse,
  redirect,
  reverse,
  staticUrl,
} from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';
import { customerName } from './customer.ts';

export function catalogue(request: HttpRequest): HttpResponse {
  return htmlResponse(
    html`<!doctype html>
      <html lang="en">
        <title>${settings.SHOP_NAME}</title>
        <img src="${staticUrl('shop/camera.svg')}" alt="" />
        <h1>${settings.SHOP_NAME}</h1>
        <p>Hello, ${customerName(request) ?? 'stranger'}.</p>
        <form method="post" action="${reverse('shop:upload')}" enctype="multipart/form-data">
          <input type="file" name="photo" required />
          <button>Send</button>
        </form>
      </html>`,
  );
}

export async function upload(request: HttpRequest): Promise<HttpResponse> {
  const form = await request.form();
  const file = form.file('photo');
  if (!file) throw new BadRequest('There is no photo in the form.');
  const id = randomUUID();
  await mkdir(settings.PHOTO_DIR, { recursive: true });
  await file.moveTo(join(settings.PHOTO_DIR, id));
  return redirect(reverse('shop:photo', { id }), { status: 303 });
}

export function photo(request: HttpRequest, { id }: { id: string }): Promise<HttpResponse> {
  return fileResponse(request, id, { root: settings.PHOTO_DIR, asAttachment: true });
}
