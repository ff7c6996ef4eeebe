/** For the generator alone: `@valibot/to-json-schema` is not among what the agent is shipped with. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { entrySchema, inFlightSchema } from './entry-schema.ts';
import { statusSchema } from './schema.ts';

/** @returns the JSON Schema (draft 7) of `/status`, which `deploy/status.schema.json` holds as two-space JSON. */
export function statusJsonSchema(): unknown {
  return toJsonSchema(statusSchema, { definitions: { entry: entrySchema, inFlight: inFlightSchema } });
}
