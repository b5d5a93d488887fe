import { type HttpRequest, type HttpResponse, jsonResponse } from '@wsgi/framework';
import { db } from '../database/database.ts';

export async function list(): Promise<HttpResponse> {
  const notes = await db.selectFrom('note').selectAll().orderBy('id').execute();
  return jsonResponse(notes);
}

export async function create(request: HttpRequest): Promise<HttpResponse> {
  const form = await request.form();
  const note = await db
    .insertInto('note')
    .values({ text: form.get('text') ?? '' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return jsonResponse(note, { status: 201 });
}
