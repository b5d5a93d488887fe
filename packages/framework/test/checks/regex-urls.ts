import { HttpResponse } from '../../src/response.ts';
import { path, type UrlPattern } from '../../src/urls/path.ts';

export const urlpatterns: UrlPattern[] = [path('^old/$', () => new HttpResponse('ok'))];
