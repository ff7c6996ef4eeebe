import { hostname } from 'node:os';
import { PUBLISHER_METRICS } from '../../lib/metrics/publisher-table.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { Store } from '../../lib/publisher/store.ts';
import type { PublisherSettings } from '../../lib/settings/publisher-table.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { createEventWriter } from '../kubernetes/event-writer.ts';
import { listen } from '../listen.ts';
import { createLog } from '../sidecar/log.ts';
import { createMetricsOf } from '../sidecar/metrics.ts';
import { VERSION } from '../version.ts';
import { createDispatcher } from './dispatcher.ts';
import { createLeader } from './leader.ts';
import { createProblems } from './problems.ts';
import { createPublisherServer } from './server.ts';
import { createStory } from './story.ts';
import { createTerm } from './term.ts';
import { watchAll } from './watches.ts';
import { createWriter } from './writer.ts';

export interface PublisherParts {
  readonly own: PublisherSettings;
  readonly leaseNamespace: string;
  readonly client: ApiClient;
  /** Ms since the epoch, never going back. */
  readonly now: () => number;
}

/** How long the last Events and lines of the log may take. */
const LAST_WORDS_MS = 500;
/** How often to look for Events that are due. */
const TELL_AGAIN_MS = 5000;

/**
 * Wires the publisher and runs it until SIGTERM. A change walks: watches → store → dispatcher (reconcile) → writer, and
 * the answer back into the store. The leader's dispatcher alone runs; the store of all others is kept as warm.
 *
 * @returns the exit status, or why it could not listen
 */
export async function runPublisher(parts: PublisherParts): Promise<Parsed<number>> {
  const { own, client, leaseNamespace, now } = parts;
  const startedAt = now();
  const metrics = createMetricsOf(PUBLISHER_METRICS);
  const { log, written } = createLog(own.logLevel, () => metrics.count('podusher_log_lines_lost_total'));
  const store = new Store();
  const story = createStory(log, metrics, store);
  const events = createEventWriter({
    client,
    now,
    instance: hostname(),
    pod: () => undefined,
    counted: outcome => metrics.count('podusher_api_events_total', { outcome }),
    refused: reason => story.once('events', `Events are refused: ${reason}`),
  });
  const problems = createProblems({ store, events, log, now });
  const telling = setInterval(problems.tellAgain, TELL_AGAIN_MS);

  const leader = createLeader({
    client,
    lease: { name: own.leaseName, namespace: leaseNamespace },
    host: hostname(),
    now,
    mayLead: () => watches.mayLead(term.isWriting),
    changed(isLeading): void {
      story.leads(isLeading);
      if (isLeading) return term.begin();
      void term.end();
      problems.forget();
    },
    returned: awayMs => watches.again(awayMs),
    refused: reason => log.warn({}, `The Lease ${leaseNamespace}/${own.leaseName}: ${reason}`),
  });
  const dispatcher = createDispatcher({
    store,
    write: createWriter({
      client,
      store,
      leadsForMs: () => leader.leadsForMs,
      changed(keys): void {
        dispatcher.add(keys);
      },
    }),
    now,
    writesPerSecond: own.writesPerSecond,
    written: story.written,
    settled: (_, since) =>
      metrics.count('podusher_publisher_latency_seconds', {}, Math.max(0, now() - since) / 1000),
    problems: problems.tell,
  });
  const term = createTerm({ watches: () => watches, dispatcher, services: () => store.services() });
  const watches = watchAll({
    client,
    namespaces: own.namespaces,
    store,
    now,
    changed: keys => dispatcher.add(keys),
    synced(): void {
      story.synced(now() - startedAt, watches.withheld);
      // Nothing is concluded before all is known that is not refused.
      leader.takePart();
    },
    readLater: story.readLater,
    unreadable: story.unreadable,
    link: story.link,
  });

  function readGauges(): void {
    const { published, held, ...objects } = store.counts;
    for (const [resource, count] of Object.entries(objects))
      metrics.set('podusher_publisher_objects', count, { resource });
    metrics.set('podusher_publisher_services', published, { state: 'published' });
    metrics.set('podusher_publisher_services', held, { state: 'held' });
    metrics.set('podusher_publisher_problems', problems.count);
    metrics.set('podusher_publisher_queue_length', dispatcher.waiting);
    const waitedMs = dispatcher.oldest === undefined ? 0 : now() - dispatcher.oldest;
    metrics.set('podusher_publisher_queue_age_seconds', waitedMs / 1000);
    metrics.set('podusher_publisher_leader', leader.leadsForMs > 0 ? 1 : 0);
  }

  const server = createPublisherServer({
    isReady: () => watches.areSynced,
    status: () => ({
      version: VERSION,
      now: now(),
      startedAt,
      leader: { self: leader.self, leads: leader.leadsForMs > 0, holder: leader.holder ?? null },
      watches: watches.status,
      unread: watches.withheld,
      known: store.counts,
      queue: { length: dispatcher.waiting, since: dispatcher.oldest ?? null },
      problems: problems.shown,
    }),
    async metrics() {
      readGauges();
      return { type: metrics.contentType, body: await metrics.text() };
    },
  });

  async function end(): Promise<void> {
    clearInterval(telling);
    await term.end();
    await leader.resign();
    watches.close();
    await events.close(LAST_WORDS_MS);
    client.close();
    server.close();
    await written(LAST_WORDS_MS);
    server.closeAllConnections();
  }

  const problem = await listen(server, own);
  if (problem !== undefined) {
    await end();
    return unparsed(problem);
  }
  log.info({ port: own.port, self: leader.self }, `Listening on port ${own.port}`);
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  process.once('SIGTERM', () => leave()).once('SIGINT', () => leave());
  await left;
  await end();
  return parsed(0);
}
