/**
 * What a rehearsal showed of the pod's readiness while it was up, in sentences: who was not ready, and whether that
 * took the pod out of its Service. It is easily overlooked among the lines of the shutdown.
 */
import { lineOf } from './describe.ts';
import type { CheckEntry, Entry } from './entry.ts';
import { inOrder } from './order.ts';
import { list, oneLine, spell } from './words.ts';

interface Stretch {
  readonly from: number;
  readonly until: number;
}

/** @returns a sentence for each; none where everybody was ready from the first time on that the pod was. */
export function findingsOf(entries: readonly Entry[]): string[] {
  const up = whileUp(inOrder(entries));
  const outs = stretches(up, entry => (entry.type === 'pod-ready' ? !entry.ready : undefined));
  const hasAgent = entries.some(entry => entry.actor === 'podusher');
  return [...whoWasTolerated(up, outs), ...outs.map(out => whyOut(up, out, hasAgent))];
}

/** @returns a sentence for each container that podusher found not ready between the deletion and its own end. */
export function drainFindingsOf(entries: readonly Entry[]): string[] {
  const all = inOrder(entries);
  const deletion = all.findIndex(({ type }) => type === 'deleted');
  const deletedAt = all[deletion]?.at;
  if (deletedAt === undefined) return [];
  const names = new Set(
    all.flatMap(entry => (entry.type === 'check' && entry.container !== null ? [entry.container] : [])),
  );
  return [...names].flatMap(name => {
    const own = all.filter(entry => 'container' in entry && entry.container === name);
    const before = own.findLast(entry => entry.type === 'check' && entry.at < deletedAt);
    const within = own.filter(entry => entry.at >= deletedAt);
    const bad = stretches(
      before === undefined ? within : [{ ...before, at: deletedAt }, ...within],
      entry => {
        if (entry.type === 'check') return entry.outcome === 'failed';
        return entry.type === 'signal' || entry.type === 'exited' ? false : undefined;
      },
    );
    const ms = bad.reduce((sum, { from, until }) => sum + until - from, 0);
    const last = own.findLast(entry => entry.type === 'check' && entry.outcome === 'failed');
    if (ms < 1 || last === undefined) return [];
    return [`${oneLine(name, 63)} was ${lineOf(last)}, for ${spell(ms)} of the drain, and so was the pod`];
  });
}

/** From the first time that the pod was ready to its deletion, which is the last. */
function whileUp(entries: readonly Entry[]): Entry[] {
  const from = entries.findIndex(entry => entry.type === 'pod-ready' && entry.ready);
  const end = entries.findIndex(entry => entry.type === 'deleted');
  return from === -1 || end === -1 ? [] : entries.slice(from, end + 1);
}

/** The stretches from an entry that `begins` one to the next that does not, or else to the last entry. */
function stretches(up: readonly Entry[], begins: (entry: Entry) => boolean | undefined): Stretch[] {
  const found: Stretch[] = [];
  let from: number | undefined;
  for (const entry of up) {
    const is = begins(entry);
    if (is === true) from ??= entry.at;
    if (from === undefined || (is !== false && entry.type !== 'deleted')) continue;
    found.push({ from, until: entry.at });
    from = undefined;
  }
  return found;
}

function whoWasTolerated(up: readonly Entry[], outs: readonly Stretch[]): string[] {
  const names = new Set(
    up.flatMap(entry => (isTolerated(entry) && entry.container !== null ? [entry.container] : [])),
  );
  return [...names].flatMap(name => {
    const bad = stretches(up, entry => {
      return entry.type === 'check' && entry.container === name ? isTolerated(entry) : undefined;
    });
    const ms = bad.reduce((sum, one) => sum + lengthLess(one, outs), 0);
    if (ms < 1) return [];
    return [
      `${oneLine(name, 63)} was not ready for ${spell(ms)}, and the pod stayed ready, in its Service: podusher counts it as non-critical`,
    ];
  });
}

function isTolerated(entry: Entry): entry is Extract<Entry, CheckEntry> {
  return entry.type === 'check' && entry.outcome === 'tolerated';
}

function lengthLess({ from, until }: Stretch, others: readonly Stretch[]): number {
  const common = (other: Stretch): number =>
    Math.max(0, Math.min(until, other.until) - Math.max(from, other.from));
  return others.reduce((rest, other) => rest - common(other), until - from);
}

/** Whoever failed its probe may then have ended, and been down, or starting, for the rest. */
function wentDown(up: readonly Entry[], { from, until }: Stretch, container: string): string {
  const exit = up.find(
    ({ at, ...entry }) => at > from && at < until && entry.type === 'exited' && entry.container === container,
  );
  return exit === undefined
    ? ''
    : `; for the last ${spell(until - exit.at)} ${oneLine(container, 63)} was down, or starting`;
}

/** By the kubelet: what it last said of each container before the pod was out. */
function whyOut(up: readonly Entry[], { from, until }: Stretch, hasAgent: boolean): string {
  const last = new Map<string, Extract<Entry, { readonly type: 'ready' }>>();
  const ended = new Set<string>();
  for (const entry of up.filter(({ at }) => at <= from)) {
    if (entry.type === 'ready') last.set(entry.container, entry);
    if (entry.type === 'exited') ended.add(entry.container);
    if (entry.type === 'started') ended.delete(entry.container);
  }
  const reasons = [...last.values()].filter(({ ready }) => !ready);
  const who = list(reasons.map(entry => `${oneLine(entry.container, 63)} was ${lineOf(entry)}`));
  const downs = reasons.map(({ container }) => wentDown(up, { from, until }, container));
  const what = `the pod was not ready, and so out of its Service, for ${spell(until - from)}${who === '' ? '' : `: ${who}`}${downs.join('')}`;
  const isDown = reasons.some(({ container }) => ended.has(container));
  if (!hasAgent || !isDown) return what;
  return `${what}. While a container is down no sidecar can help, for Kubernetes asks that all run; only a publisher of the Service's endpoints could`;
}
