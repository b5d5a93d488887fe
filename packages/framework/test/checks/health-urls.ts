import { HttpResponse } from '../../src/response.ts';
import { path, type UrlPattern } from '../../src/urls/path.ts';

const view = () => new HttpResponse('never reached');

export const urlpatterns: UrlPattern[] = [
  path('', view),
  path('healthz', view),
  path('<path:rest>', view),
];
