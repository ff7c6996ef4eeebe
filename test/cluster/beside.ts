/** Which test files may run beside which on one cluster: pure. */

/**
 * What a file does to the cluster that others notice, in the order in which they are begun:
 *
 * - `measures`: it tells what clients lose, and wants kube-proxies as they are.
 * - `slows`: it makes a kube-proxy slow, as one at a time may.
 * - `nothing`: whatever it does, others' pods run on: a node may be cordoned for a while.
 * - `stops`: it stops what all others need.
 * - `elsewhere`: it needs none of the cluster, and may run while others have that for themselves.
 */
export type Doing = (typeof ORDER)[number];

const ORDER = ['measures', 'slows', 'nothing', 'stops', 'elsewhere'] as const;

/** What each keeps apart from. */
const APART: Readonly<Record<Doing, readonly Doing[]>> = {
  measures: ['slows', 'stops'],
  slows: ['measures', 'slows', 'stops'],
  nothing: ['stops'],
  stops: ['measures', 'slows', 'nothing', 'stops'],
  elsewhere: [],
};

/** Those that do something. */
export const DOING: Readonly<Record<string, Doing>> = {
  'rolling-update.test.ts': 'measures',
  'rails-auth.test.ts': 'measures',
  'api/withdrawn.test.ts': 'measures',
  'outages/statsd.test.ts': 'measures',
  'true/true.test.ts': 'measures',
  'publisher/publisher.test.ts': 'measures',
  'rollout/slow-proxy.test.ts': 'slows',
  'api/one-slow-proxy.test.ts': 'slows',
  'api/outage.test.ts': 'stops',
  'facts/kubelet-restart.test.ts': 'stops',
  'holds/faults.test.ts': 'stops',
  'holds/node-shutdown.test.ts': 'stops',
  'publisher/failing.test.ts': 'stops',
  'publisher/node-lost.test.ts': 'stops',
  'publisher/twin.test.ts': 'stops',
  'mend.test.ts': 'stops',
  'bare/faults.test.ts': 'elsewhere',
  'bare/twin/twin.test.ts': 'elsewhere',
  'interrupted.test.ts': 'elsewhere',
  'build/buildah.test.ts': 'elsewhere',
  'build/cache.test.ts': 'elsewhere',
  'api/away.test.ts': 'elsewhere',
  'at-end.test.ts': 'elsewhere',
  'beside.test.ts': 'elsewhere',
  'load/try.test.ts': 'elsewhere',
  'rollout/account.test.ts': 'elsewhere',
  'run.test.ts': 'elsewhere',
  'runs.test.ts': 'elsewhere',
  'true/compare.test.ts': 'elsewhere',
};

/** So many at a time, for they wait most of the time; who sends requests looks for room on the machine besides. */
const AT_A_TIME = 2;

/** @returns the files in the order in which they are to be begun. */
export function inOrder(files: readonly string[]): readonly string[] {
  const places = new Map(Object.keys(DOING).map((name, place) => [name, place]));
  const placeOf = (file: string): number => places.get(nameOf(file)) ?? -1;
  return files.toSorted(
    (a, b) => ORDER.indexOf(doingOf(a)) - ORDER.indexOf(doingOf(b)) || placeOf(a) - placeOf(b),
  );
}

/** @returns the first of those that wait, in their order, that may run beside those that do; undefined when none may. */
export function nextOf(waiting: readonly string[], running: readonly string[]): string | undefined {
  if (running.length >= AT_A_TIME) return undefined;
  const others = running.map(doingOf);
  return waiting.find(file => !others.some(other => APART[doingOf(file)].includes(other)));
}

/** @returns what a file does that others notice. */
export function doingOf(file: string): Doing {
  return DOING[nameOf(file)] ?? 'nothing';
}

/** @returns as `api/outage.test.ts`. */
function nameOf(file: string): string {
  return file.slice(file.indexOf(FOLDER) + FOLDER.length);
}

const FOLDER = 'test/cluster/';
