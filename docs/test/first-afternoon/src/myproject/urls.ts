import { include, path, type UrlPattern } from '@wsgi/framework';
import { urlpatterns as customers } from '../customers/urls.ts';
import { remindLater } from '../jobs/views.ts';
import { urlpatterns as notes } from '../notes/urls.ts';
import { notFound } from '../shop/errors.ts';
import { urlpatterns as shop } from '../shop/urls.ts';
import { item, stream, welcome } from './views.ts';

export const urlpatterns: UrlPattern[] = [
  path('', welcome, { name: 'welcome' }),
  path('items/<int:id>/', item, { name: 'item' }),
  path('stream/', stream, { name: 'stream' }),
  include('shop/', shop, { namespace: 'shop' }),
  include('api/', customers),
  include('notes/', notes),
  path('reminders/', { POST: remindLater }),
];

export const handler404 = notFound;
