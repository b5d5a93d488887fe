import { path, type UrlPattern } from '@wsgi/framework';
import { item, stream, welcome } from './views.ts';

export const urlpatterns: UrlPattern[] = [
  path('', welcome, { name: 'welcome' }),
  path('items/<int:id>/', item, { name: 'item' }),
  path('stream/', stream, { name: 'stream' }),
];
