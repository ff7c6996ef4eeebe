import { blockersOf } from '../../lib/drain/blockers.ts';
import type { State } from '../../lib/drain/state.ts';
import { aggregate, type Blocker, type Readiness } from '../../lib/readiness/aggregate.ts';
import { type ReadyAnswer, readyAnswer } from '../../lib/readiness/answer.ts';
import type { Verdict } from '../../lib/readiness/verdict.ts';
import type { AgentSettings } from '../../lib/settings/agent-settings.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { buildStatus } from '../../lib/status/build.ts';
import type { Status } from '../../lib/status/status.ts';
import type { PodApi } from '../kubernetes/pod-api.ts';
import { VERSION } from '../version.ts';
import type { Hooks } from './hooks.ts';
import type { Metrics } from './metrics.ts';
import type { Observer } from './observer.ts';
import type { Answers } from './server.ts';
import type { KnownSettings } from './settings-reader.ts';
import type { Story } from './story.ts';

/** Everything that is known, to answer with. */
export interface AnswersParts {
  readonly own: AgentSettings;
  readonly now: () => number;
  /** The host's, which in a cluster mostly is the pod's. */
  readonly name: string;
  readonly story: Story;
  readonly metrics: Metrics;
  readonly hooks: Hooks;
  readonly observer: Observer;
  readonly inForce: () => KnownSettings;
  /** Undefined while there are no settings. */
  readonly state: () => State | undefined;
  /** Undefined where the API is not asked. */
  readonly api: PodApi | undefined;
}

/** The answers, which come from memory: `refresh` is called when something they are made from has changed. */
export interface RefreshedAnswers extends Answers {
  refresh(): void;
}

const NO_QUERY = new URLSearchParams();

/** @returns the answers of the agent's server. */
export function createAnswers(parts: AnswersParts): RefreshedAnswers {
  const { own, now, name, story, metrics, hooks, observer, inForce, state, api } = parts;
  const startedAt = now();
  let readiness = currentReadiness();
  let isTold = false;
  let plain: ReadyAnswer = readyAnswer(readiness, '/ready', NO_QUERY, '');

  function settings(): Settings | undefined {
    return state()?.settings ?? inForce().settings;
  }

  function verdicts(): ReadonlyMap<string, Verdict> {
    return new Map(
      (settings()?.containers ?? []).map(container => [container.name, observer.verdict(container.name)]),
    );
  }

  function currentReadiness(): Readiness {
    const current = state();
    const blockers = current === undefined ? badSettings(inForce()) : blockersOf(current);
    const containers = (settings()?.containers ?? []).map(({ name: container, critical }) => {
      return { name: container, critical, verdict: observer.verdict(container) };
    });
    return aggregate(containers, blockers);
  }

  function status(): Status {
    const { hash, isFileThere, appliedAt, problems } = inForce();
    return buildStatus({
      name: own.podName ?? name,
      version: VERSION,
      now: now(),
      clockNow: Date.now(),
      startedAt,
      readiness,
      readinessChanges: story.readinessChanges,
      verdicts: verdicts(),
      settings: settings(),
      applied: { hash, at: appliedAt, file: isFileThere ? own.annotationsFile.path : null, problems },
      state: state(),
      arrivalsCount: observer.arrivalsCount,
      sources: observer.sources,
      api: api?.status ?? null,
      timeline: story.entries,
    });
  }

  return {
    hooks,
    refresh(): void {
      const next = currentReadiness();
      // A drain asks with each sample, five times a second, and mostly nothing has changed.
      if (isTold && JSON.stringify(next) === JSON.stringify(readiness)) return;
      isTold = true;
      readiness = next;
      plain = readyAnswer(readiness, '/ready', NO_QUERY, '');
      story.readiness(readiness, settings()?.containers ?? [], now());
      api?.tellReadiness(readiness);
    },
    get plainReady(): ReadyAnswer {
      return plain;
    },
    ready: (path, query, accept) => readyAnswer(readiness, path, query, accept),
    status,
    async metrics() {
      metrics.set('podusher_hooks_waiting', hooks.waiting);
      return { type: metrics.contentType, body: await metrics.text() };
    },
    async page() {
      const { CONTENT_SECURITY_POLICY, renderPage } = await import('../../lib/status/page.ts');
      return { body: renderPage(status()), contentSecurityPolicy: CONTENT_SECURITY_POLICY };
    },
  };
}

function badSettings({ problems, appliedAt }: KnownSettings): Blocker[] {
  return problems.map(reason => ({ name: 'settings', outcome: 'failed', reason, since: appliedAt }));
}
