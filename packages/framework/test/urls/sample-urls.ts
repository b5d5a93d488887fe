import { HttpResponse } from '../../src/response.ts';
import { include, path, type UrlPattern } from '../../src/urls/path.ts';

const view = () => new HttpResponse('ok');

export const urlpatterns: UrlPattern[] = [
  path('', view, { name: 'home' }),
  path('archive/', view, { name: 'archive' }),
  path('archive/<int:year>/', view, { name: 'archive' }),
  path('files/<path:file>', view, { name: 'file' }),
  path('<path:rest>/download/', view, { name: 'download' }),
  include(
    'shop/',
    [
      path('items/<slug:name>/', view, { name: 'item' }),
      include('staff/', [path('<str:who>/', view, { name: 'person' })], { namespace: 'staff' }),
    ],
    { namespace: 'shop' },
  ),
  include('plain/', [path('', view, { name: 'plain' })]),
];
