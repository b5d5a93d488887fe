import { include, path, type UrlPattern } from '@wsgi/framework';
import { accounts, profile } from '../accounts/views.ts';
import { urlpatterns as customers } from '../customers/urls.ts';
import { remindLater } from '../jobs/views.ts';
import { urlpatterns as notes } from '../notes/urls.ts';
import { count, fail } from '../tracing/views.ts';
import { greeting } from '../pages/greeting.tsx';
import { item, stream, welcome } from './views.ts';

export const urlpatterns: UrlPattern[] = [
  path('', welcome, { name: 'welcome' }),
  path('items/<int:id>/', item, { name: 'item' }),
  path('stream/', stream, { name: 'stream' }),
  include('notes/', notes),
  path('reminders/', { POST: remindLater }),
  include('api/', customers),
  path('greeting/', greeting),
  path('accounts/<path:rest>', { GET: accounts, POST: accounts }),
  path('profile/', profile),
  path('count/', count),
  path('fail/', fail),
];
