import { type Html, raw } from '@wsgi/framework';
import type { Child, FC } from 'hono/jsx';

/** JSX has escaped every value by itself; a component may be async. */
export async function page(element: ReturnType<FC>): Promise<Html> {
  return raw(`<!doctype html>${String(await element)}`);
}

export const Layout: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <html lang="en">
    <head>
      <title>{title}</title>
    </head>
    <body>{children}</body>
  </html>
);
