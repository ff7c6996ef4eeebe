import type { Labels } from './label.ts';
import type { Service } from './service.ts';
import { MANAGED_BY, MANAGER, SERVICE_NAME } from './slice.ts';

const HEADLESS = 'service.kubernetes.io/headless';
const RESERVED = new Set([SERVICE_NAME, MANAGED_BY, HEADLESS]);

/** @returns the labels of all slices of a Service: its own, and those reserved for slices (`setEndpointSliceLabels`). */
export function mirroredLabels({ name, labels, isHeadless }: Service): Labels {
  return new Map([
    ...[...labels].filter(([key]) => !RESERVED.has(key)),
    ...(isHeadless ? [[HEADLESS, ''] as const] : []),
    [SERVICE_NAME, name],
    [MANAGED_BY, MANAGER],
  ]);
}

/** @returns what is to be set to make one set of labels of another; null takes a label away. */
export function labelChanges(from: Labels, to: Labels): ReadonlyMap<string, string | null> {
  const changes = new Map<string, string | null>();
  for (const [key, value] of to) if (from.get(key) !== value) changes.set(key, value);
  for (const key of from.keys()) if (!to.has(key)) changes.set(key, null);
  return changes;
}
