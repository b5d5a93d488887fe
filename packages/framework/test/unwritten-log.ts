// A program of its own, whose standard error takes nothing: it tells what it answers all the same.
import { createApplication } from '../src/application.ts';
import { log, setUpLogging } from '../src/logging.ts';
import { hosts } from '../src/middleware/security.ts';
import { HttpResponse } from '../src/response.ts';
import { configureSettings } from '../src/settings.ts';
import { permitMadeKey, sign } from '../src/signing.ts';
import { testClient } from '../src/testing.ts';
import { path } from '../src/urls/path.ts';
import { compileUrlconf } from '../src/urls/urlconf.ts';

configureSettings({ ALLOWED_HOSTS: ['example.com'] });
setUpLogging();
permitMadeKey();
sign('a value', { salt: 'warns of the key that it makes' });
const urls = compileUrlconf([path('', () => new HttpResponse('ok'))]);
const client = await testClient(createApplication(urls, [hosts]));
const { status } = await client.get('/', { headers: { Host: 'evil.example' } });
// More than a pipe holds.
for (let count = 0; count < 1000; count++) log.warn({ text: 'x'.repeat(1000) }, 'one of many');
console.log(status);
