import { path, type UrlPattern } from '@wsgi/framework';
import { item } from './views.ts';

export const urlpatterns: UrlPattern[] = [path('items/<int:id>/', item, { name: 'item' })];
