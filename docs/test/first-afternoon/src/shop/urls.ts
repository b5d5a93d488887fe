import { allowMethods, path } from '@wsgi/framework';
import { rename } from './customer.ts';
import { stock } from './stock.ts';
import { catalogue, photo, upload } from './views.ts';

export const urlpatterns = [
  path('', catalogue, { name: 'catalogue' }),
  path('photos/', allowMethods(['POST'], upload), { name: 'upload' }),
  path('photos/<uuid:id>/', photo, { name: 'photo' }),
  path('customer/', allowMethods(['POST'], rename), { name: 'customer' }),
  path('stock/', stock, { name: 'stock' }),
];
