import { join } from 'node:path';
import { chromium } from 'playwright-core';

// `npm run screenshot` takes the pictures of the README anew, from the page that runs at http://localhost:8080
// or at the address behind `--`.

const [url = 'http://localhost:8080'] = process.argv.slice(2);
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 960, height: 680 } });
    await page.goto(url, { waitUntil: 'load' });
    await page.screenshot({ path: join(import.meta.dirname, `images/welcome-${colorScheme}.png`) });
  }
} finally {
  await browser.close();
}
