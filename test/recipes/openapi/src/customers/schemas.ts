import * as z from 'zod';

export const NewCustomer = z.object({
  name: z.string().min(1).max(100),
  age: z.int().min(0).max(150).optional(),
});

export const Customer = NewCustomer.extend({ id: z.uuid() });
