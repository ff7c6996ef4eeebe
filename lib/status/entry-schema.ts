/**
 * The timeline's entries as a schema. The compiler holds it to their types in one direction (whatever it accepts
 * is an entry), a test with an entry of every type in the other.
 */
import * as v from 'valibot';
import type { InFlight } from '../drain/sample.ts';
import type { Entry } from '../timeline/entry.ts';
import type { Wire } from './wire.ts';

export const timeSchema: v.GenericSchema<number> = v.pipe(v.number(), v.description('Ms since the epoch'));

export const inFlightSchema: v.GenericSchema<Wire<InFlight>> = v.strictObject({
  requests: v.number(),
  inDoubt: v.number(),
  connections: v.number(),
  oldestBegunAt: v.optional(timeSchema),
  unknown: v.optional(v.pipe(v.string(), v.description('Why it could not be read in full'))),
});

const podusher = { actor: v.literal('podusher'), at: timeSchema };
const kubelet = { actor: v.literal('kubelet'), at: timeSchema };
const load = { actor: v.literal('load'), at: timeSchema };
const name = { container: v.string() };
/** Null: a bare `/drain`, which does not say whose hook it is. */
const hookName = { container: v.nullable(v.string()) };
const left = { left: v.optional(inFlightSchema) };

const drainEntries = [
  v.strictObject({ ...podusher, type: v.literal('hook'), ...hookName }),
  v.strictObject({ ...podusher, type: v.literal('hook-left'), ...hookName }),
  v.strictObject({ ...podusher, type: v.literal('sigterm') }),
  v.strictObject({ ...podusher, type: v.literal('deletion'), graceMs: v.number() }),
  v.strictObject({ ...podusher, type: v.literal('withdrawn') }),
  v.strictObject({ ...podusher, type: v.literal('taken-up') }),
  v.strictObject({
    ...podusher,
    type: v.literal('termination'),
    evidence: v.picklist(['own hook and another', 'deletionTimestamp', 'SIGTERM']),
  }),
  v.strictObject({ ...podusher, type: v.literal('restart'), ...hookName }),
  v.strictObject({ ...podusher, type: v.literal('agent-restart') }),
  v.strictObject({
    ...podusher,
    type: v.literal('arrivals-ended'),
    because: v.picklist(['silence', 'withdrawn', 'untold', 'deadline']),
    lastArrivalAt: v.optional(timeSchema),
    drainMinAt: timeSchema,
  }),
  v.strictObject({
    ...podusher,
    type: v.literal('arrivals-resumed'),
    because: v.picklist(['arriving', 'in doubt']),
  }),
  v.strictObject({
    ...podusher,
    type: v.literal('drained'),
    because: v.picklist(['nothing in flight', 'drain-kept-max', 'drain-max']),
    ...left,
  }),
  v.strictObject({
    ...podusher,
    type: v.literal('dependency-gone'),
    ...name,
    dependents: v.array(v.string()),
  }),
  v.strictObject({
    ...podusher,
    type: v.literal('released'),
    ...hookName,
    because: v.picklist([
      'drain over',
      'dependents stopped',
      'its time is up',
      'dependency gone',
      'restart drained',
      'restart-drain-max',
      'agent restarts',
      'agent leaves',
      'all others stopped',
      'false alarm',
    ]),
    ...left,
  }),
  v.strictObject({
    ...podusher,
    type: v.literal('stopped'),
    ...name,
    because: v.picklist(['seen', 'assumed', 'time']),
  }),
  v.strictObject({ ...podusher, type: v.literal('healed') }),
  v.strictObject({ ...podusher, type: v.literal('exit') }),
] as const;

const warning = v.strictObject({
  ...podusher,
  type: v.literal('warning'),
  container: v.nullable(v.string()),
  message: v.string(),
});

const check = v.strictObject({
  ...podusher,
  type: v.literal('check'),
  container: v.nullable(v.string()),
  outcome: v.picklist(['passed', 'failed', 'terminating', 'tolerated', 'unobserved']),
  reason: v.string(),
});

const kubeletEntries = [
  v.strictObject({ ...kubelet, type: v.literal('started'), ...name, restarts: v.number() }),
  v.strictObject({ ...kubelet, type: v.literal('ready'), ...name, ready: v.boolean(), reason: v.string() }),
  v.strictObject({ ...kubelet, type: v.literal('pod-ready'), ready: v.boolean() }),
  v.strictObject({ ...kubelet, type: v.literal('restarting'), ...name, reason: v.string() }),
  v.strictObject({ ...kubelet, type: v.literal('deleted'), gracePeriodMs: v.number() }),
  v.strictObject({ ...kubelet, type: v.literal('hook-began'), ...name }),
  v.strictObject({
    ...kubelet,
    type: v.literal('hook-ended'),
    ...name,
    outcome: v.picklist(['answered', 'failed', 'abandoned']),
    reason: v.string(),
  }),
  v.strictObject({
    ...kubelet,
    type: v.literal('signal'),
    ...name,
    signal: v.picklist(['SIGTERM', 'SIGKILL']),
  }),
  v.strictObject({
    ...kubelet,
    type: v.literal('exited'),
    ...name,
    code: v.nullable(v.number()),
    signal: v.nullable(v.string()),
  }),
  v.strictObject({ ...kubelet, type: v.literal('back-off'), ...name, delayMs: v.number() }),
  v.strictObject({ ...kubelet, type: v.literal('gone') }),
] as const;

const loadEntries = [
  v.strictObject({ ...load, type: v.literal('new-connections-end') }),
  v.strictObject({ ...load, type: v.literal('kept-connections-leave') }),
  v.strictObject({
    ...load,
    type: v.literal('outage'),
    untilAt: timeSchema,
    failed: v.number(),
    cut: v.number(),
    reason: v.string(),
  }),
] as const;

export const entrySchema: v.GenericSchema<Wire<Entry>> = v.variant('type', [
  ...drainEntries,
  warning,
  check,
  ...kubeletEntries,
  ...loadEntries,
]);
