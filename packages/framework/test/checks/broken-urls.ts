import { include, path } from '../../src/urls/path.ts';

const view = undefined as never;
const fine = () => view;

export const urlpatterns = [
  path('/a/', fine),
  path('b/', view),
  path('c/<nit:id>/', fine),
  include('d/', view),
  path('e/', fine),
];
