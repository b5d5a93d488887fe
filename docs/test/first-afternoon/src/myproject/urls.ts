import { include, path, type UrlPattern } from '@wsgi/framework';
import { notFound } from '../shop/errors.ts';
import { urlpatterns as shop } from '../shop/urls.ts';
import { item, stream, welcome } from './views.ts';

export const urlpatterns: UrlPattern[] = [
  path('', welcome, { name: 'welcome' }),
  path('items/<int:id>/', item, { name: 'item' }),
  path('stream/', stream, { name: 'stream' }),
  include('shop/', shop, { namespace: 'shop' }),
];

export const handler404 = notFound;
