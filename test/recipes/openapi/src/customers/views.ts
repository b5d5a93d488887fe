import { randomUUID } from 'node:crypto';
import { type HttpRequest, type HttpResponse, jsonResponse } from '@wsgi/framework';
import type * as z from 'zod';
import { type Customer, NewCustomer } from './schemas.ts';

const customers: z.infer<typeof Customer>[] = [];

export function list(): HttpResponse {
  return jsonResponse(customers);
}

export async function create(request: HttpRequest): Promise<HttpResponse> {
  // Of the schema's type from here on: { name: string; age?: number }.
  const { name, age } = await request.json(NewCustomer);
  const customer = { id: randomUUID(), name, age };
  customers.push(customer);
  return jsonResponse(customer, { status: 201 });
}
