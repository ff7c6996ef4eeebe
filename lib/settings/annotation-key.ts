/**
 * The keys of the pod's annotations: `podusher.dev/WHAT` of the whole pod, `WHAT.podusher.dev/CONTAINER` of one
 * container. All others are somebody else's; of those only the prefix is looked at, for slips.
 */

import { didYouMean, nearest } from '../suggest.ts';
import { CONTAINER as CONTAINER_NAME } from './kind.ts';
import { flagOf, type Row } from './row.ts';
import { AGENT, CONTAINER, POD, TOKEN } from './table.ts';

const DOMAIN = 'podusher.dev';
const POD_NAMES = Object.values(POD).map(({ name }) => name);
const CONTAINER_NAMES = Object.values(CONTAINER).map(({ name }) => name);
const AGENT_NAMES = new Set([...Object.values(AGENT), TOKEN].map(({ name }) => name));

/** Keys that other programs of ours read, and other objects than pods carry: the publisher's. */
const RESERVED = new Set([`${DOMAIN}/selector`]);

/** @returns the annotation of the whole pod: `podusher.dev/drain-min`. */
export function podKey({ name }: Pick<Row<unknown>, 'name'>): string {
  return `${DOMAIN}/${name}`;
}

/** @returns the annotation of one container: `stop-timeout.podusher.dev/rails`. */
export function containerKey({ name }: Pick<Row<unknown>, 'name'>, container: string): string {
  return `${name}.${DOMAIN}/${container}`;
}

/** @returns the container that a key of one container is about, or undefined for any other key. */
export function containerOfKey(key: string): string | undefined {
  const { what, name } = partsOf(key);
  const isContainers = what !== undefined && CONTAINER_NAMES.includes(what);
  return isContainers && CONTAINER_NAME.parse(name).ok ? name : undefined;
}

/** @returns what is wrong with a key, or undefined where it is right, or somebody else's. */
export function keyProblem(key: string): string | undefined {
  if (!isOurs(key)) return domainProblem(key);
  const { what, name } = partsOf(key);
  return what === undefined ? podKeyProblem(name) : containerKeyProblem(what, name);
}

/**
 * The annotations that are settings of ours, right or wrong, as a canonical text: whatever hash of it is shown
 * changes when one of them does, and with nothing else.
 */
export function ourAnnotations(annotations: ReadonlyMap<string, string>): string {
  const ours = [...annotations].filter(([key]) => isOurs(key)).sort(([a], [b]) => (a < b ? -1 : 1));
  return ours.map(([key, value]) => `${key}=${JSON.stringify(value)}\n`).join('');
}

function isOurs(key: string): boolean {
  const prefix = key.slice(0, Math.max(0, key.indexOf('/')));
  return (prefix === DOMAIN || prefix.endsWith(`.${DOMAIN}`)) && !RESERVED.has(key);
}

/** Somebody else's domain is nothing to us, but for one that is a slip of ours: what it says is missed by nobody else. */
function domainProblem(key: string): string | undefined {
  if (RESERVED.has(key)) return undefined;
  const labels = key.slice(0, Math.max(0, key.indexOf('/'))).split('.');
  for (const count of [2, 1]) {
    if (nearest(labels.slice(-count).join('.'), [DOMAIN]) === undefined) continue;
    const meant = [...labels.slice(0, -count), DOMAIN].join('.');
    return `Not podusher's; did you mean "${meant}${key.slice(key.indexOf('/'))}"?`;
  }
  return undefined;
}

function partsOf(key: string): { readonly what: string | undefined; readonly name: string } {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(0, slash));
  const what = prefix.endsWith(`.${DOMAIN}`) ? prefix.slice(0, -DOMAIN.length - 1) : undefined;
  return { what, name: key.slice(slash + 1) };
}

function podKeyProblem(name: string): string | undefined {
  if (POD_NAMES.includes(name)) return undefined;
  if (AGENT_NAMES.has(name)) {
    return `Not an annotation but the agent's own; set it by ${flagOf({ name })} or its variable`;
  }
  const [what = '', ...container] = name.split('.');
  const meant = CONTAINER_NAMES.includes(what) ? what : nearest(what, CONTAINER_NAMES);
  if (meant !== undefined && nearest(name, POD_NAMES) === undefined) {
    return `Not a setting; did you mean "${containerKey({ name: meant }, container.join('.') || 'CONTAINER')}"?`;
  }
  return `Not a setting${didYouMean(name, POD_NAMES)}; accepted: ${POD_NAMES.join(', ')}`;
}

function containerKeyProblem(what: string, container: string): string | undefined {
  if (POD_NAMES.includes(what)) {
    return `Not a setting of one container; "${podKey({ name: what })}" sets it for the whole pod`;
  }
  if (!CONTAINER_NAMES.includes(what)) {
    return `Not a setting${didYouMean(what, CONTAINER_NAMES)}; accepted: ${CONTAINER_NAMES.join(', ')}`;
  }
  const name = CONTAINER_NAME.parse(container);
  return name.ok ? undefined : name.problems.join('; ');
}
