import { html, type Html, type HttpRequest, lazyReverse, staticUrl } from '@wsgi/framework';
import { settings, settingsSource } from '@wsgi/framework/settings';

const itemUrl = lazyReverse('item');
const streamUrl = lazyReverse('stream');

/** The page that a new project shows: the way of this very request, and what to edit next. */
export function welcomePage(request: HttpRequest): Html {
  const mode = settings.DEBUG ? 'development' : 'production';
  return html`<!doctype html>
    <html lang="en" class="${mode}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Your project is running</title>
        <link rel="icon" href="${staticUrl('favicon.svg')}" type="image/svg+xml" />
        <link rel="stylesheet" href="${staticUrl('welcome.css')}" />
      </head>
      <body>
        ${settings.DEBUG && DEVELOPMENT_BANNER}
        <header>
          <p class="mode">${mode}</p>
          <h1>Your project is running.</h1>
          <p class="lead">
            This page is one view in <code>src/myproject/views.ts</code>. Change it, and it is
            yours.
          </p>
        </header>
        <main>${wayOf(request)} ${nextSteps()}</main>
      </body>
    </html> `;
}

type Fact = readonly [term: string, value: string];

function wayOf(request: HttpRequest): Html {
  return html`<section aria-labelledby="way">
    <h2 id="way">The way of this request</h2>
    <ol class="way">
      ${[frontStation(request), gatewayStation(request), applicationStation(request)]}
    </ol>
    <p class="same-id">
      Every log line about it carries the id <code id="request-id">${request.id}</code>
    </p>
  </section>`;
}

function frontStation(request: HttpRequest): Html {
  if (!request.headers.has('X-Forwarded-For')) {
    return station('nginx', 'is not in front: you reach the gateway directly.', [], 'absent');
  }
  return station('nginx', 'took the request and passed it on.', [
    ['From', request.remoteAddress],
    ['Scheme', request.scheme],
    ['Host', request.host],
  ]);
}

function gatewayStation({ environ }: HttpRequest): Html {
  const worker = environ['gateway.worker'];
  const facts: Fact[] = [
    ['Worker', worker ? `${worker.number}` : 'another server'],
    ['Process id', `${worker?.pid ?? process.pid}`],
    ['Protocol', environ.SERVER_PROTOCOL],
  ];
  return station('Gateway', 'gave it to one of its workers.', facts);
}

function applicationStation(request: HttpRequest): Html {
  const facts: Fact[] = [
    ['Settings', settingsSource() ?? ''],
    ['DEBUG', settings.DEBUG ? 'on' : 'off'],
  ];
  if (settings.DEBUG) facts.push(['Node', process.version]);
  return station('Application', `answered ${request.method} ${request.path}`, facts);
}

function station(name: string, deed: string, facts: readonly Fact[], state = 'passed'): Html {
  return html`<li class="${state}">
    <h3>${name}</h3>
    <p>${deed}</p>
    ${facts.length > 0 && html`<dl>${facts.map(factRow)}</dl>`}
  </li>`;
}

function factRow([term, value]: Fact): Html {
  return html`<div>
    <dt>${term}</dt>
    <dd>${value}</dd>
  </div>`;
}

function nextSteps(): Html {
  return html`<section aria-labelledby="next">
    <h2 id="next">What to edit next</h2>
    <ul class="files">
      <li><code>src/myproject/views.ts</code> what a request is answered with</li>
      <li><code>src/myproject/urls.ts</code> which path goes to which view</li>
      <li><code>src/myproject/settings.ts</code> hosts, middleware, static files, and your own</li>
      <li><code>npm run dev</code> serves it on your machine and reloads on each change</li>
    </ul>
    <p class="try">
      Try <a href="${itemUrl({ id: 7 })}">a path parameter</a>,
      <a href="${streamUrl()}">a streamed body</a> and
      <a href="${settings.HEALTH_PATH}">the health check</a>.
    </p>
  </section>`;
}

const DEVELOPMENT_BANNER = html`<aside class="banner">
  <strong>Development mode.</strong> DEBUG is on: errors show their stack. Not for strangers.
</aside>`;
