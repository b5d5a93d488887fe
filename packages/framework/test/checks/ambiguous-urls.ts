import { HttpResponse } from '../../src/response.ts';
import { path, type UrlPattern } from '../../src/urls/path.ts';

const view = () => new HttpResponse('ok');

export const urlpatterns: UrlPattern[] = [
  path('one/<int:x>/<int:y>/', view, { name: 'same' }),
  path('two/<int:y>/<int:x>/', view, { name: 'same' }),
];
