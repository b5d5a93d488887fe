import { join } from 'node:path';
import { beforeEach, vi } from 'vitest';
import { log } from '../../src/logging.ts';
import { collectStatic } from '../../src/staticfiles/collect.ts';
import { staticFiles } from '../../src/staticfiles/middleware.ts';
import { serveProject, withSettings } from '../serve.ts';
import { describeStaticConformance } from './conformance.ts';
import { makeTree } from './tree.ts';

// Refusals are logged, and expected here.
beforeEach(() => {
  vi.spyOn(log, 'warn').mockReturnValue();
});

const STYLE_SHEET = 'a:hover { color: red }\n'.repeat(400);
const FILES = { 'welcome.css': STYLE_SHEET, 'favicon.svg': '<svg/>' };

describeStaticConformance('in-process', Buffer.from(STYLE_SHEET), async () => {
  withSettings({
    DEBUG: false,
    STATIC_URL: '/static/',
    STATIC_ROOT: join(makeTree({}), 'collected'),
    STATICFILES_DIRS: [makeTree(FILES)],
  });
  await collectStatic();
  return (await serveProject({ middleware: [staticFiles] })).port;
});
