/** What the objects of the API have in common, as valibot reads it: bounded, and nothing kept that nobody needs. */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import type { Labels } from './label.ts';

/** A name of an object is a DNS subdomain, which is no longer. */
export const text: v.GenericSchema<string, string> = v.pipe(v.string(), v.maxLength(253));

/** Of a slice, and so of a Service; a pod's containers have hundreds (`maxPorts` in `pkg/apis/discovery/validation`). */
export const MOST_PORTS = 20_000;

/** A key's domain, a slash and its name. */
const LONGEST_KEY = 253 + 1 + 63;
const MOST_LABELS = 256;

/** By hand: valibot's record leaves out the label `constructor`. */
export const labels: v.GenericSchema<unknown, Labels> = v.pipe(
  v.nullish(v.unknown(), {}),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const entries: readonly [string, unknown][] = Object.entries(Object(dataset.value));
    const good = entries.flatMap(([key, value]) =>
      key.length <= LONGEST_KEY && typeof value === 'string' && value.length < 64
        ? [[key, value] as const]
        : [],
    );
    if (good.length === entries.length && good.length <= MOST_LABELS) return new Map(good);
    addIssue({ message: `Invalid labels: expected at most ${MOST_LABELS} short texts` });
    return NEVER;
  }),
);

/** Of a pod or a node: whether it is so, and why. */
export const conditions: v.GenericSchema<unknown, readonly Condition[]> = v.nullish(
  v.pipe(
    v.array(
      v.object({ type: v.pipe(v.string(), v.maxLength(317)), status: text, reason: v.nullish(v.string()) }),
    ),
    v.maxLength(256),
  ),
  [],
);

export interface Condition {
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason?: string | null | undefined;
}

/** @returns whether a condition is there and `True` (`isPodReadyConditionTrue`). */
export function isTrue(all: readonly Condition[], type: string): boolean {
  return all.find(one => one.type === type)?.status === 'True';
}

/** @returns what the schema makes of an object, or what is wrong with it: `Not a Node: metadata.name: …`. */
export function readObject<T>(schema: v.GenericSchema<unknown, T>, object: unknown, kind: string): Parsed<T> {
  const read = v.safeParse(schema, object, { abortEarly: true });
  if (read.success) return parsed(read.output);
  const [issue] = read.issues;
  return unparsed(`Not a ${kind}: ${v.getDotPath(issue) ?? 'the object'}: ${issue.message}`);
}
