import { type HttpResponse, jsonResponse, reverse } from '@wsgi/framework';
import * as z from 'zod';
import { Customer, NewCustomer } from './schemas.ts';

/** OpenAPI 3.1, whose schemas are JSON Schema, as Zod writes it. */
export function openapi(): HttpResponse {
  return jsonResponse({
    openapi: '3.1.1',
    info: { title: 'Customers', version: '1' },
    paths: {
      [reverse('customers')]: {
        get: { responses: { 200: json('All of them.', z.array(Customer), 'output') } },
        post: {
          requestBody: { required: true, ...json('', NewCustomer, 'input') },
          responses: {
            201: json('As it is now.', Customer, 'output'),
            422: json('The fields that are wrong.', Problem, 'output'),
          },
        },
      },
    },
  });
}

/** What the framework answers where a schema refuses a body (RFC 9457). */
const Problem = z.object({
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ detail: z.string(), pointer: z.string() })),
  request_id: z.string(),
});

function json(description: string, schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return { description, content: { 'application/json': { schema: rest } } };
}
