import { hostname } from 'node:os';
import type { DrainEntry } from '../../lib/drain/entry.ts';
import { type EventPod, toldOf, toldReadiness } from '../../lib/kubernetes/event.ts';
import { kubeletVerdict } from '../../lib/kubernetes/kubelet-verdict.ts';
import { specSettings } from '../../lib/kubernetes/pod-spec.ts';
import type { Readiness } from '../../lib/readiness/aggregate.ts';
import { type Verdict, verdictAfter } from '../../lib/readiness/verdict.ts';
import type { AgentSettings, ApiSettings } from '../../lib/settings/agent-settings.ts';
import type { Environment } from '../../lib/settings/environment.ts';
import type { StatusApi } from '../../lib/status/status.ts';
import { readAccount, readNamespace } from './account.ts';
import { createClient } from './client.ts';
import { createEventWriter, type Outcome } from './event-writer.ts';
import type { Timing } from './following.ts';
import { createLink, type Link } from './link.ts';
import { createPodSlices } from './pod-slices.ts';
import { type KnownPod, watchPod } from './pod-watch.ts';

// Invariant: whatever the API does, or does not, what it told last holds. It is asked, and nobody waits for it.

/** The pod by the API. */
export interface PodApi {
  /** What the pod's spec says, by the annotations' keys; the same value as long as it says the same. */
  readonly spec: ReadonlyMap<string, string> | undefined;
  /** The kubelet's verdict; undefined where it makes no probe of the container that counts. */
  verdict(container: string): Verdict | undefined;
  readonly status: StatusApi;
  /** Puts a transition into an Event on the pod. */
  tell(entry: DrainEntry): void;
  tellReadiness(readiness: Readiness): void;
  /** Whether it matters now if the EndpointSlices have let the pod go. */
  watchSlices(on: boolean): void;
  /** Ends when all Events are written, or when the time is over. */
  close(withinMs: number): Promise<void>;
}

/** What it works with. */
export interface PodApiParts {
  readonly own: Pick<AgentSettings, 'name' | 'port'>;
  readonly api: ApiSettings;
  readonly environment: Environment;
  readonly userAgent: string;
  readonly now: () => number;
  readonly log: Record<'info' | 'warn', (fields: object, message: string) => void>;
  readonly metrics: {
    count(name: 'podusher_api_events_total', labels: Readonly<Record<string, string>>): void;
    set(
      name: 'podusher_api_watching' | 'podusher_api_heard_timestamp_seconds',
      value: number,
      labels: Readonly<Record<string, string>>,
    ): void;
  };
  /** A verdict may have changed. */
  readonly changed: () => void;
  /** `spec` says something else. */
  readonly respecified: () => void;
  /** The pod is being deleted, or its grace period was shortened: `graceMs` is all of it. */
  readonly deletion: (graceMs: number) => void;
  /** Whether no EndpointSlice sends new connections to the pod any more. */
  readonly withdrawal: (withdrawn: boolean) => void;
  readonly timing?: Timing;
}

/** How long a container without an annotated probe is pending for the API's sake; then it is as without the API. */
const FIRST_WORD_MS = 5000;

/** @returns the pod by the API; the first word of it is on its way. */
export async function createPodApi(parts: PodApiParts): Promise<PodApi> {
  const { own, api, environment, now, log, metrics, timing } = parts;
  const client = createClient(() => readAccount(api.serviceAccount, environment), parts.userAgent);
  const name = api.podName ?? hostname();
  const namespace = api.podNamespace ?? (await readNamespace(api.serviceAccount)) ?? 'default';
  const startedAt = now();
  const verdicts = new Map<string, Verdict>();
  const counts: Record<Outcome, number> = { written: 0, refused: 0, dropped: 0 };
  let known: KnownPod | undefined;
  let spec: ReadonlyMap<string, string> | undefined;
  let wasReady: boolean | undefined;

  const podLink = linkOf('pods', parts, () => known !== undefined);
  const slices = createPodSlices({
    client,
    timing,
    name,
    namespace,
    link: linkOf('endpointslices', parts, () => slices.status !== null),
    withdrawal: parts.withdrawal,
  });
  const events = createEventWriter({
    client,
    now,
    instance: name,
    pod: (): EventPod | undefined => known && { name, namespace, uid: known.pod.uid },
    counted(outcome): void {
      counts[outcome] += 1;
      metrics.count('podusher_api_events_total', { outcome });
    },
    refused: reason => {
      if (counts.refused === 0) log.warn({}, `Events on the pod are refused: ${reason}`);
    },
  });

  function take(next: KnownPod): void {
    const isFirst = known === undefined;
    const before = known?.deletion;
    known = next;
    if (isFirst && !next.pod.containers.some(container => container.name === own.name)) {
      log.warn({}, `No container of the pod is called "${own.name}"; set --name to the agent's own`);
    }
    const said = specSettings(next.pod, own);
    if (spec === undefined || !isSame(spec, said)) {
      spec = said;
      parts.respecified();
    }
    if (next.deletion !== undefined && next.deletion !== before) parts.deletion(next.deletion.graceMs);
    parts.changed();
    slices.podIs(next.pod);
  }

  /** Nothing is known yet: is there something to wait for? */
  function firstWord(): Pick<Verdict, 'type' | 'reason'> | undefined {
    if (now() - startedAt >= FIRST_WORD_MS) return undefined;
    return { type: 'pending', reason: 'the API has not told of the pod yet' };
  }

  const endPod = watchPod({ client, name, namespace, link: podLink, changed: take, timing });
  const firstWordDue = setTimeout(parts.changed, FIRST_WORD_MS);

  return {
    get spec(): ReadonlyMap<string, string> | undefined {
      return spec;
    },
    verdict(container): Verdict | undefined {
      const next = known === undefined ? firstWord() : kubeletVerdict(known.pod, container, own.port);
      if (next === undefined) return undefined;
      const verdict = verdictAfter(verdicts.get(container), next, now());
      verdicts.set(container, verdict);
      return verdict;
    },
    get status(): StatusApi {
      const { uid, resourceVersion, generation } = known?.pod ?? {};
      return {
        pod: {
          name,
          namespace,
          uid: uid ?? null,
          resourceVersion: resourceVersion ?? null,
          generation: generation ?? null,
        },
        watch: podLink.status,
        deletion: known?.deletion === undefined ? null : { graceMs: known.deletion.graceMs },
        slices: slices.status,
        events: { waiting: events.waiting, ...counts },
      };
    },
    tell: entry => events.tell(toldOf(entry)),
    tellReadiness(readiness): void {
      const isNews = readiness.ready !== (wasReady ?? false);
      wasReady = readiness.ready;
      if (isNews) events.tell(toldReadiness(readiness, now()));
    },
    watchSlices: on => slices.want(on),
    async close(withinMs): Promise<void> {
      clearTimeout(firstWordDue);
      endPod();
      slices.want(false);
      await events.close(withinMs);
      client.close();
    },
  };
}

/** A link that is told in the metrics, and each change of it in the log. */
function linkOf(resource: string, { now, log, metrics }: PodApiParts, hasTold: () => boolean): Link {
  const labels = { resource };
  return createLink(now, {
    heard: at => metrics.set('podusher_api_heard_timestamp_seconds', at / 1000, labels),
    changed({ state, because }): void {
      metrics.set('podusher_api_watching', state === 'watching' ? 1 : 0, labels);
      if (state === 'watching') return log.info(labels, `The API is watched: ${resource}`);
      const still = hasTold() ? 'what it told last holds' : 'it has told nothing yet';
      log.warn(labels, `The API is lost: ${resource}: ${because}; ${still}`);
    },
  });
}

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, text]) => b.get(key) === text);
}
