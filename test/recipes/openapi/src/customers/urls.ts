import { path } from '@wsgi/framework';
import { openapi } from './openapi.ts';
import { create, list } from './views.ts';

export const urlpatterns = [
  path('customers/', { GET: list, POST: create }, { name: 'customers' }),
  path('openapi.json', openapi),
];
