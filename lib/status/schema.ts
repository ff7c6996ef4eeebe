/** `/status` as a schema. The agent does not load it: it is for the tests and for the JSON Schema in `deploy/`. */
import * as v from 'valibot';
import { entrySchema, inFlightSchema, timeSchema } from './entry-schema.ts';
import type { Status } from './status.ts';
import type { Wire } from './wire.ts';

const source = v.strictObject({ used: v.string(), because: v.nullable(v.string()) });
const timeOrNull = v.nullable(timeSchema);

const settings = v.strictObject({
  hash: v.pipe(v.nullable(v.string()), v.description('Of the annotations in effect')),
  appliedAt: timeSchema,
  annotationsFile: v.nullable(v.string()),
  problems: v.pipe(v.array(v.string()), v.description('What is wrong with the annotations as they stand')),
  values: v.nullable(
    v.strictObject({
      readyDuringDrain: v.boolean(),
      gracePeriodMs: v.number(),
      drainMinMs: v.number(),
      drainSilenceMaxMs: v.number(),
      drainArrivalsMaxMs: v.number(),
      drainKeptMaxMs: v.number(),
      drainDoubtMs: v.number(),
      drainMaxMs: v.number(),
      restartDrainMaxMs: v.number(),
    }),
  ),
});

const container = v.strictObject({
  name: v.string(),
  critical: v.boolean(),
  kind: v.picklist(['regular', 'native-sidecar-before-agent', 'native-sidecar-after-agent']),
  ports: v.array(v.number()),
  dependsOn: v.array(v.string()),
  verdict: v.strictObject({
    type: v.picklist(['ready', 'failed', 'pending', 'unobserved']),
    reason: v.string(),
    since: timeSchema,
  }),
  shutdown: v.strictObject({
    state: v.picklist(['serving', 'hook waiting', 'released', 'stopped']),
    since: timeOrNull,
    releaseBy: timeOrNull,
    because: v.nullable(v.string()),
  }),
  inFlight: v.nullable(inFlightSchema),
});

const drain = v.strictObject({
  phase: v.picklist(['serving', 'settling', 'draining', 'stopping', 'stopped']),
  kind: v.nullable(v.picklist(['restart', 'termination'])),
  since: timeOrNull,
  evidence: v.nullable(v.string()),
  waitsFor: v.array(v.strictObject({ what: v.string(), untilAt: timeSchema })),
  deadlines: v.strictObject({
    drainMinAt: timeOrNull,
    arrivalsMaxAt: timeOrNull,
    keptMaxAt: timeOrNull,
    drainMaxAt: timeOrNull,
    endAt: timeOrNull,
    healAt: timeOrNull,
  }),
  arrivals: v.nullable(
    v.strictObject({
      state: v.picklist(['arriving', 'silent', 'untold']),
      lastArrivalAt: timeOrNull,
      count: v.number(),
    }),
  ),
  inFlight: v.nullable(inFlightSchema),
});

const link = v.strictObject({
  state: v.picklist(['starting', 'watching', 'lost']),
  since: timeSchema,
  because: v.nullable(v.string()),
  heardAt: timeOrNull,
});

const api = v.strictObject({
  pod: v.strictObject({
    name: v.string(),
    namespace: v.string(),
    uid: v.nullable(v.string()),
    resourceVersion: v.nullable(v.string()),
    generation: v.nullable(v.number()),
  }),
  watch: link,
  deletion: v.nullable(v.strictObject({ graceMs: v.number() })),
  slices: v.nullable(
    v.strictObject({ watch: link, serving: v.number(), terminating: v.number(), withdrawn: v.boolean() }),
  ),
  events: v.strictObject({
    waiting: v.number(),
    written: v.number(),
    refused: v.number(),
    dropped: v.number(),
  }),
});

export const statusSchema: v.GenericSchema<Wire<Status>> = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.description("The pod's name")),
    version: v.string(),
    now: timeSchema,
    startedAt: timeSchema,
    clockAheadMs: v.pipe(
      v.number(),
      v.description(
        "How far the machine's clock is ahead of all times here, for it was set; 0 where it was not",
      ),
    ),
    ready: v.boolean(),
    blockers: v.array(
      v.strictObject({
        reason: v.string(),
        since: timeSchema,
        isNormal: v.pipe(v.boolean(), v.description('It belongs to a termination as it should be')),
      }),
    ),
    readinessChanges: v.pipe(
      v.array(v.strictObject({ at: timeSchema, ready: v.boolean(), because: v.array(v.string()) })),
      v.description('When it became ready or not ready, oldest first, and because of whom'),
    ),
    settings,
    containers: v.array(container),
    drain,
    sources: v.strictObject({ sockets: source, arrivals: source }),
    api: v.pipe(v.nullable(api), v.description('What the API has told; null where it is not asked')),
    timeline: v.array(entrySchema),
  }),
  v.title("podusher's /status"),
);
