/** Serves as behaviours.ts does, and ends at TERM by itself, as libraries for telemetry have it. */
process.on('SIGTERM', () => process.exit(0));

export { application } from './behaviours.ts';
