import { type HttpResponse, jsonResponse, log } from '@wsgi/framework';
import { db } from '../database/database.ts';
import { traced } from './tracing.ts';

export async function count(): Promise<HttpResponse> {
  const { notes } = await traced('count the notes', () =>
    db
      .selectFrom('note')
      .select(({ fn }) => fn.countAll().as('notes'))
      .executeTakeFirstOrThrow(),
  );
  log.info({ notes }, 'counted');
  return jsonResponse({ notes: Number(notes) });
}

export function fail(): never {
  throw new Error('on purpose');
}
