/** A Lease, by which of several processes one leads (`Lease` in `k8s.io/api/coordination/v1/types.go`). */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';

/** What of it matters here. */
export interface Lease {
  /** Another one with each change: what is written names it, so that of two writers one is refused. */
  readonly resourceVersion: string;
  /** Who leads; undefined where it was given up. */
  readonly holder: string | undefined;
  /** How long the others wait after the last change that they have seen. */
  readonly durationMs: number;
  /** How often another one has taken over. */
  readonly transitions: number;
  /** Since when this one leads, as it is written there: handed on, not understood. */
  readonly acquireTime: string | undefined;
}

/** What a lease without a duration is taken for: no holder leaves it out. */
const DEFAULT_SECONDS = 15;
/** A longer one would keep everybody out for good, whoever wrote it. */
const MOST_SECONDS = 3600;

const atLeast0 = v.pipe(v.number(), v.minValue(0));

/** Whatever somebody has written into it, it can be claimed when its time is over: else nobody would lead. */
const schema = v.object({
  metadata: v.object({ resourceVersion: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)) }),
  spec: v.nullish(
    v.object({
      holderIdentity: v.nullish(v.string()),
      leaseDurationSeconds: v.fallback(v.nullish(atLeast0, DEFAULT_SECONDS), DEFAULT_SECONDS),
      // One more must be an int32 too.
      leaseTransitions: v.fallback(v.nullish(v.pipe(atLeast0, v.maxValue(2 ** 31 - 2)), 0), 0),
      acquireTime: v.nullish(v.string()),
    }),
    { leaseDurationSeconds: DEFAULT_SECONDS, leaseTransitions: 0 },
  ),
});

/** @returns the lease, or what is wrong with it. */
export function parseLease(object: unknown): Parsed<Lease> {
  const read = v.safeParse(schema, object, { abortEarly: true });
  if (!read.success) return unparsed(`Not a Lease: ${read.issues[0].message}`);
  const { metadata, spec } = read.output;
  return parsed({
    resourceVersion: metadata.resourceVersion,
    holder: spec.holderIdentity || undefined,
    durationMs: Math.min(spec.leaseDurationSeconds, MOST_SECONDS) * 1000,
    transitions: spec.leaseTransitions,
    acquireTime: spec.acquireTime ?? undefined,
  });
}

/** What is written into a lease. */
export interface Claim {
  /** Empty: it is given up. */
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** Undefined for one who leads from now on. */
  readonly acquireTime: string | undefined;
  /** That of the lease as it was seen; undefined where there is none yet. */
  readonly resourceVersion: string | undefined;
}

/**
 * @param wallClock as the API writes times: `2026-11-22T10:00:00.000000Z`. Nobody decides by it, for clocks differ.
 * @returns the object to be created, or put in the place of the one that was seen.
 */
export function leaseObject(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { holder, durationMs, transitions, acquireTime, resourceVersion }: Claim,
  wallClock: string,
): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)),
      leaseTransitions: transitions,
      acquireTime: acquireTime ?? wallClock,
      renewTime: wallClock,
    },
  };
}
