import { mkdtemp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { coloredTexts, contrastRatio, luminance } from './contrast.ts';
import { useStack } from './stack.ts';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const SIZES = [
  ['light', 1280],
  ['dark', 1280],
  ['light', 375],
  ['dark', 375],
  ['light', 320],
] as const;
// WCAG 2.2 §1.4.3.
const CONTRAST_MIN = 4.5;

const stack = useStack();
let browser: Browser | undefined;
let screenshots: string;

beforeAll(async () => {
  if (!existsSync(EXECUTABLE)) {
    if (process.env['CI']) throw new Error(`There is no ${EXECUTABLE}.`);
    return;
  }
  browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  screenshots = await mkdtemp(join(tmpdir(), 'welcome-page-'));
  console.log(`Screenshots are in ${screenshots}`);
});
afterAll(() => browser?.close());
beforeEach(({ skip }) => skip(browser === undefined, `There is no ${EXECUTABLE}.`));

test.for(SIZES)('the page is well to look at: %s, %i px wide', async ([colorScheme, width]) => {
  const { page, complaints, headers } = await open(colorScheme, width);

  expect(await page.title()).not.toBe('');
  expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
  expect(await page.locator('body').innerText()).toContain(headers['x-request-id']);

  expect(await page.evaluate('getComputedStyle(document.body).fontFamily')).not.toMatch(/Times/);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);

  const texts = await coloredTexts(page);
  expect(texts.length).toBeGreaterThan(5);
  expect(texts.filter((text) => contrastRatio(text) < CONTRAST_MIN)).toEqual([]);
  const isDark = luminance(texts[0]?.ground ?? [0, 0, 0]) < 0.5;
  expect(isDark).toBe(colorScheme === 'dark');

  expect(complaints).toEqual([]);
  await page.context().close();
});

test('what the page links to is there', async () => {
  const { page } = await open('light', 1280);
  const links = await page.locator('a[href^="/"]').evaluateAll((all) => all.map(String));
  for (const link of links) expect((await fetch(link)).status).toBe(200);
  await page.context().close();
});

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface OpenPage {
  readonly page: Page;
  /** Errors of the console and the page, and requests that failed. */
  readonly complaints: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

async function open(colorScheme: 'light' | 'dark', width: number): Promise<OpenPage> {
  if (browser === undefined) throw new Error('The browser is not running.');
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });

  const response = await page.goto(stack.url, { waitUntil: 'load' });
  await page.screenshot({ path: join(screenshots, `${colorScheme}-${width}.png`), fullPage: true });
  return { page, complaints, headers: response?.headers() ?? {} };
}
