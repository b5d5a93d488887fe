import type { Awaitable } from '@wsgi/wsgi';
import { UnprocessableContent } from './errors.ts';

/** What Zod, Valibot, ArkType and others make: a Standard Schema, version 1 (standardschema.dev). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Awaitable<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema makes of a value that it takes: defaults filled in, texts made numbers. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<
  Schema['~standard']['types']
>['output'];

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * What the schema makes of a value that a client sent, such as the fields of a form:
 * `await validate(Customer, Object.fromEntries(form.fields))`.
 *
 * @throws {UnprocessableContent} with what is wrong, field by field.
 */
export async function validate<Schema extends StandardSchema>(
  schema: Schema,
  value: unknown,
): Promise<SchemaOutput<Schema>> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new UnprocessableContent(
    result.issues.map(({ message, path = [] }) => ({ detail: message, path: path.map(keyOf) })),
  );
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}
