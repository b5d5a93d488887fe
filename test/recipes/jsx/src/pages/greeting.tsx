import { htmlResponse, type HttpRequest, type HttpResponse } from '@wsgi/framework';
import { Layout, page } from './layout.tsx';

export async function greeting({ query }: HttpRequest): Promise<HttpResponse> {
  return htmlResponse(
    await page(
      <Layout title="Hello">
        <ul>
          {query.getAll('name').map((name) => (
            <li>Hello, {name}.</li>
          ))}
        </ul>
      </Layout>,
    ),
  );
}
