import { HttpResponse } from '../../../src/framework/response.ts';
import { path, type UrlPattern } from '../../../src/framework/urls/path.ts';

export const urlpatterns: UrlPattern[] = [path('^old/$', () => new HttpResponse('ok'))];
