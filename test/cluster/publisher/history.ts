/** A seeded history of what happens to pods and to the two Services that they are behind. */
import { get, kubectl } from '../kubectl.ts';
import { podNames } from '../pods.ts';
import { instruct, shopPod } from './shop.ts';

export const SERVICES = ['ordinary', 'published'] as const;

/** What is done at random, by what it is called. */
export type Deed = (namespace: string, random: Random) => Promise<void>;

/** @returns a whole number, 0 or more and less than the limit. */
export type Random = (limit: number) => number;

const NODES = ['node-a', 'node-b'] as const;
const MOST_PODS = 8;

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return limit => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

function oneOf<T>(list: readonly T[], random: Random): T | undefined {
  return list[random(list.length)];
}

function inside(namespace: string, ...args: readonly string[]): Promise<string> {
  return kubectl(['--namespace', namespace, ...args]);
}

/** Does something to one of the pods; it may be on its way out, or not running yet: then nothing comes of it. */
function toOne(what: (namespace: string, pod: string) => Promise<unknown>): Deed {
  return async (namespace, random) => {
    const pod = oneOf(await podNames(namespace, 'web'), random);
    if (pod !== undefined) await what(namespace, pod).catch(() => {});
  };
}

async function create(namespace: string, random: Random): Promise<void> {
  if ((await podNames(namespace, 'web')).length >= MOST_PODS) return;
  // Where the scheduler puts it, but for some, which wait until their node is not cordoned.
  const nodeSelector = random(3) === 0 ? { 'kubernetes.io/hostname': oneOf(NODES, random) } : {};
  const pod = shopPod(`web-${random(2 ** 31).toString(36)}`, { spec: { nodeSelector } });
  await kubectl(['--namespace', namespace, 'create', '--filename', '-'], { input: JSON.stringify(pod) });
}

async function evict(namespace: string, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  await kubectl(['create', '--raw', path, '--filename', '-'], { input: JSON.stringify(body) });
}

async function edit(namespace: string, random: Random): Promise<void> {
  const patch = JSON.stringify(oneOf(EDITS, random));
  for (const name of SERVICES) await inside(namespace, 'patch', 'service', name, '--patch', patch);
}

const HTTP = { name: 'http', port: 80, targetPort: 3000 };
const EDITS: readonly object[] = [
  { spec: { ports: [HTTP] } },
  { spec: { ports: [{ ...HTTP, targetPort: 'http' }] } },
  { spec: { ports: [HTTP, { name: 'more', port: 81, targetPort: 3001, appProtocol: 'http' }] } },
  { spec: { publishNotReadyAddresses: true } },
  { spec: { publishNotReadyAddresses: false } },
  { spec: { trafficDistribution: 'PreferClose' } },
  { spec: { trafficDistribution: null } },
  { metadata: { labels: { team: 'shop' } } },
  { metadata: { labels: { team: null } } },
];

async function relabel(namespace: string, random: Random): Promise<void> {
  const [from, to] = random(2) === 0 ? ['web', 'other'] : ['other', 'web'];
  const pod = oneOf(await podNames(namespace, from ?? ''), random);
  if (pod !== undefined)
    await inside(namespace, 'label', 'pod', pod, `app=${to}`, '--overwrite').catch(() => {});
}

/** Those that are named more than once come more often. */
export const DEEDS: readonly (readonly [what: string, deed: Deed])[] = [
  ['create', create],
  ['create', create],
  ['create', create],
  ['ready', toOne((namespace, pod) => instruct(namespace, pod, '/ready'))],
  ['ready', toOne((namespace, pod) => instruct(namespace, pod, '/ready'))],
  ['not ready', toOne((namespace, pod) => instruct(namespace, pod, '/unready'))],
  ['restart', toOne((namespace, pod) => instruct(namespace, pod, '/exit'))],
  ['delete', toOne((namespace, pod) => inside(namespace, 'delete', 'pod', pod, '--wait=false'))],
  ['evict', toOne(evict)],
  ['relabel', relabel],
  ['edit', edit],
  ['edit', edit],
  ['cordon', async (_, random) => void (await kubectl(['cordon', oneOf(NODES, random) ?? '']))],
  ['uncordon', async () => void (await kubectl(['uncordon', ...NODES]))],
];

/** @returns whether the Services publish pods that are not ready too. */
export async function publishesUnready(namespace: string): Promise<boolean> {
  return Object(await get(namespace, 'service', SERVICES[0])).spec.publishNotReadyAddresses === true;
}
