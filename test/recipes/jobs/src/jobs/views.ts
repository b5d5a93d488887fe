import { type HttpRequest, type HttpResponse, jsonResponse } from '@wsgi/framework';
import { fromKysely } from 'pg-boss';
import { db } from '../database/database.ts';
import { boss } from './boss.ts';

/** The note and the job are there together, or neither is. */
export async function remindLater(request: HttpRequest): Promise<HttpResponse> {
  const text = (await request.form()).get('text') ?? '';
  const jobs = await boss();
  const id = await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('note').values({ text }).execute();
    return jobs.send('remind', { text }, { db: fromKysely(transaction), startAfter: 1 });
  });
  return jsonResponse({ job: id }, { status: 202 });
}
