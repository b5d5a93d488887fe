import { type Handler, HttpResponse, type Middleware, whenReady } from '@wsgi/framework';
import { settings } from '@wsgi/framework/settings';

/** Lets scripts of CORS_ORIGINS use what is below /api/, without cookies (Fetch Standard §3.3). */
export const cors: Middleware = (getResponse: Handler): Handler => {
  return (request) => {
    if (!request.path.startsWith('/api/')) return getResponse(request);
    const origin = request.headers.get('Origin') ?? '';
    const isAllowed = settings.CORS_ORIGINS.includes(origin);
    const isPreflight =
      request.method === 'OPTIONS' && request.headers.has('Access-Control-Request-Method');
    const response = isPreflight && isAllowed ? preflight() : getResponse(request);
    return whenReady(response, (ready) => {
      if (isAllowed) ready.headers.set('Access-Control-Allow-Origin', origin);
      return ready.varyOn('Origin');
    });
  };
};

function preflight(): HttpResponse {
  const headers = {
    'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
    'Access-Control-Max-Age': '600',
  };
  return new HttpResponse('', { status: 204, headers });
}
