/**
 * What each container was doing when: the entries of a pod's story as stretches of time, before any drawing.
 * Where the kubelet's entries tell of a container they alone are believed, for they are what happened; the
 * agent's are what it saw and inferred. But podusher's verdict counts where it has the container's probe.
 */
import type { Entry } from './entry.ts';
import { oneLine } from './words.ts';

export type SpanKind = 'starting' | 'serving' | 'not-ready' | 'hook' | 'stopping' | 'down';

/** A stretch of a container's life, in ms since the epoch. */
export interface Span {
  readonly kind: SpanKind;
  readonly from: number;
  readonly until: number;
}

/** One container's row. */
export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
  /** When it was sent SIGKILL. */
  readonly kills: readonly number[];
  /** When and how it ended for good; undefined while it lives, or where nobody saw it. */
  readonly end: { readonly at: number; readonly how: string } | undefined;
}

/**
 * @returns a lane for each of `containers`, in their order.
 * @param from where the story begins: what ended before is left out, and a container not seen starting is up
 * @param until where it ends: what has no end by then is drawn up to it
 */
export function lanesOf(
  entries: readonly Entry[],
  containers: readonly string[],
  from: number,
  until: number,
): Lane[] {
  const sorted = entries.toSorted((a, b) => a.at - b.at);
  const deletedAt = sorted.find(entry => entry.type === 'deleted')?.at ?? Infinity;
  const told = sorted.some(entry => entry.actor === 'kubelet');
  return containers.map(name => laneOf(name, sorted, { from, until, deletedAt, told }));
}

interface Story {
  readonly from: number;
  readonly until: number;
  readonly deletedAt: number;
  /** The kubelet's side is known. */
  readonly told: boolean;
}

function laneOf(name: string, entries: readonly Entry[], { from, until, deletedAt, told }: Story): Lane {
  const actor = told ? 'kubelet' : 'podusher';
  const own = entries.filter(
    entry => (entry.actor === actor || entry.type === 'check') && concerns(entry, name),
  );
  const spans: Span[] = [];
  let end: Lane['end'];
  let current = initial(own, told);
  let since = from;
  let isWell = true;
  for (const entry of own) {
    if (entry.type === 'check') isWell = entry.outcome !== 'failed' && entry.outcome !== 'tolerated';
    const next = after(entry, current, isWell, entry.at >= deletedAt);
    if (next === current) continue;
    if (current !== undefined && entry.at > since)
      spans.push({ kind: current, from: since, until: entry.at });
    end = next === undefined ? ending(entry) : undefined;
    current = next;
    since = entry.at;
  }
  if (current !== undefined && until > since) spans.push({ kind: current, from: since, until });
  const kills = own
    .filter(entry => entry.type === 'signal' && entry.signal === 'SIGKILL')
    .map(entry => entry.at);
  return { name, spans: spans.filter(span => span.until > from), kills, end };
}

/** How an entry ended its container for good, in a word or two; undefined where nothing is known of it. */
function ending(entry: Entry): Lane['end'] {
  if (entry.type === 'dependency-gone') return { at: entry.at, how: 'gone' };
  if (entry.type === 'stopped') {
    return { at: entry.at, how: entry.because === 'seen' ? 'stopped' : 'taken as stopped' };
  }
  if (entry.type !== 'exited') return undefined;
  const { at, code, signal } = entry;
  return { at, how: signal === null ? `exit ${code ?? 'unknown'}` : oneLine(signal, 12) };
}

function concerns(entry: Entry, name: string): boolean {
  return (
    entry.type === 'healed' || entry.type === 'deleted' || ('container' in entry && entry.container === name)
  );
}

/** Before the first entry: running, unless the kubelet tells of its start, or tells of everything but it. */
function initial(own: readonly Entry[], told: boolean): SpanKind | undefined {
  const first = own.find(entry => 'container' in entry);
  if (first === undefined) return told ? undefined : 'serving';
  return first.type === 'started' ? undefined : 'serving';
}

/** What a living container does after entries that always mean the same. */
const STAGES: Readonly<Partial<Record<Entry['type'], SpanKind>>> = {
  hook: 'hook',
  'hook-began': 'hook',
  'hook-ended': 'serving',
  signal: 'stopping',
  healed: 'serving',
};

/**
 * What a container does after an entry about it; undefined when it is gone for good (or not yet there). Where podusher
 * probes it (`isWell`), the kubelet calls it ready because it runs.
 */
function after(
  entry: Entry,
  current: SpanKind | undefined,
  isWell: boolean,
  deleted: boolean,
): SpanKind | undefined {
  if (entry.type === 'started') return 'starting';
  if (entry.type === 'back-off') return 'down';
  if (entry.type === 'exited') return deleted ? undefined : 'down';
  if (entry.type === 'stopped' || entry.type === 'dependency-gone' || current === undefined) return undefined;
  if (entry.type === 'ready') return readiness(entry.ready && isWell, current);
  if (entry.type === 'check') return current === 'down' ? current : readiness(isWell, current);
  if (entry.type === 'released') return entry.because === 'false alarm' ? 'serving' : 'stopping';
  // From the deletion on the kubelet starts nothing any more.
  if (entry.type === 'deleted') return current === 'down' ? undefined : current;
  return STAGES[entry.type] ?? current;
}

/** Readiness is told while a hook is held and while it stops, too; the picture shows the stage of the shutdown. */
function readiness(ready: boolean, current: SpanKind): SpanKind {
  if (current === 'hook' || current === 'stopping') return current;
  if (ready) return 'serving';
  return current === 'starting' ? 'starting' : 'not-ready';
}
