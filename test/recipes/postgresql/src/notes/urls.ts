import { path } from '@wsgi/framework';
import { create, list } from './views.ts';

export const urlpatterns = [path('', { GET: list, POST: create }, { name: 'notes' })];
