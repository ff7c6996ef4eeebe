/** What came in from clients, and what was lost: the entries of the load as stretches of time. */
import type { Entry } from './entry.ts';

/** In ms since the epoch. `all`: new and kept connections; `kept`: only connections that were opened before. */
export interface TrafficSpan {
  readonly kind: 'all' | 'kept';
  readonly from: number;
  readonly until: number;
}

export type Outage = Extract<Entry, { readonly type: 'outage' }>;

export interface Traffic {
  readonly spans: readonly TrafficSpan[];
  readonly outages: readonly Outage[];
  readonly newConnectionsEndAt: number | undefined;
  readonly keptConnectionsLeaveAt: number | undefined;
}

/**
 * @returns the traffic as the load told it; undefined where no load was watched (the agent alone sees none).
 * Traffic begins when the pod is ready for the first time: the load comes through a Service, as it were.
 */
export function trafficOf(entries: readonly Entry[], from: number, until: number): Traffic | undefined {
  if (!entries.some(entry => entry.actor === 'load')) return undefined;
  const sorted = entries.toSorted((a, b) => a.at - b.at);
  const outages = sorted.filter(entry => entry.type === 'outage');
  const newConnectionsEndAt = lastAt(sorted, 'new-connections-end');
  const keptConnectionsLeaveAt = lastAt(sorted, 'kept-connections-leave');
  const begin = sorted.find(entry => entry.type === 'pod-ready' && entry.ready)?.at ?? from;
  const end = keptConnectionsLeaveAt ?? lastAt(sorted, 'gone') ?? until;
  const turn = Math.min(newConnectionsEndAt ?? end, end);
  const spans = [
    { kind: 'all', from: begin, until: turn },
    { kind: 'kept', from: Math.max(begin, turn), until: end },
  ] as const satisfies TrafficSpan[];
  return {
    spans: spans.filter(span => span.until > span.from),
    outages,
    newConnectionsEndAt,
    keptConnectionsLeaveAt,
  };
}

function lastAt(sorted: readonly Entry[], type: Entry['type']): number | undefined {
  return sorted.findLast(entry => entry.type === type)?.at;
}
