import { expectTypeOf, test } from 'vitest';
import type { HttpRequest } from '../../src/request.ts';
import { HttpResponse } from '../../src/response.ts';
import { path, type PathParams } from '../../src/urls/path.ts';

test('a pattern types the parameters of its view', () => {
  expectTypeOf<PathParams<'items/<int:id>/<slug:name>/<rest>'>>().toExtend<{
    id: number;
    name: string;
    rest: string;
  }>();
  const byNumber = (_: HttpRequest, { id }: { id: number }) => new HttpResponse(`${id + 1}`);
  path('<int:id>/', byNumber);
  // @ts-expect-error the pattern gives a string
  path('<slug:id>/', byNumber);
  // @ts-expect-error the pattern gives another name
  path('<int:other>/', byNumber);
});
