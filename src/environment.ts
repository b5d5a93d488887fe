import { join } from 'node:path';
import { config } from 'dotenv';

// The project's own .env, wherever the process was started.
config({ path: join(import.meta.dirname, '../.env'), quiet: true });
// As elsewhere, an empty variable counts as unset.
if (process.env['SETTINGS_MODULE'] === '') delete process.env['SETTINGS_MODULE'];
