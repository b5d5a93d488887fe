import { HttpResponse, type HttpRequest } from '@wsgi/framework';

export function item(_request: HttpRequest, { id }: { id: number }): HttpResponse {
  return new HttpResponse(`Item ${id}`);
}
