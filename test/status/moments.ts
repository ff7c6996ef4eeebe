/** `/status` at moments of a drain, as the agent makes it. */
import assert from 'node:assert/strict';
import * as v from 'valibot';
import { blockersOf } from '../../lib/drain/blockers.ts';
import type { State } from '../../lib/drain/state.ts';
import { aggregate } from '../../lib/readiness/aggregate.ts';
import type { Verdict } from '../../lib/readiness/verdict.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { buildStatus, type StatusParts } from '../../lib/status/build.ts';
import { statusSchema } from '../../lib/status/schema.ts';
import type { Status } from '../../lib/status/status.ts';
import { container, pod } from '../drain/pods.ts';
import { hook, type Scene, T, tell } from '../drain/scenes.ts';

/** rails needs auth; statsd is non-critical and has failed. */
export const settings: Settings = pod([
  container('rails', { dependsOn: ['auth'] }),
  container('auth', { ports: [4000], stopTimeoutMs: 0 }),
  container('statsd', { ports: [], critical: false }),
]);

const READY: Verdict = { type: 'ready', reason: 'port 3000 listens', since: T - 60_000 };
const FAILED: Verdict = { type: 'failed', reason: 'connect ECONNREFUSED', since: T - 1000 };

/** Everybody's hook, at once. */
export const ALL: Scene = [0, hook('rails'), hook('auth'), hook('podusher')];

/** @returns the status at a moment of a drain, as the agent makes it, with its parts changed by `over`. */
export function statusAt(atMs: number, scenes: readonly Scene[], over: Partial<StatusParts> = {}): Status {
  const { state, entries } = tell(settings, scenes, atMs);
  return build(atMs, state, { timeline: entries.map(entry => ({ actor: 'podusher', ...entry })), ...over });
}

export function build(atMs: number, state: State, over: Partial<StatusParts>): Status {
  const verdicts = new Map([
    ['rails', READY],
    ['auth', READY],
    ['statsd', FAILED],
  ]);
  const judged = settings.containers.map(one => ({ ...one, verdict: verdicts.get(one.name) ?? FAILED }));
  const status = buildStatus({
    name: 'web-0',
    version: '0.1.0',
    now: T + atMs,
    clockNow: T + atMs,
    startedAt: T - 90_000,
    readiness: aggregate(judged, blockersOf(state)),
    readinessChanges: [{ at: T - 80_000, ready: true, because: ['auth: port 4000 listens'] }],
    verdicts,
    settings,
    applied: { hash: 'c0ffee', at: T - 90_000, file: '/etc/podinfo/annotations', problems: [] },
    state,
    arrivalsCount: 7,
    api: null,
    sources: {
      sockets: { used: 'sock_diag', because: null },
      arrivals: { used: 'none', because: 'PassiveOpens cannot be read' },
    },
    timeline: [],
    ...over,
  });
  const sent: unknown = JSON.parse(JSON.stringify(status));
  const { issues } = v.safeParse(statusSchema, sent);
  assert.deepEqual(
    issues?.map(issue => `${v.getDotPath(issue)}: ${issue.message}`),
    undefined,
  );
  return status;
}
