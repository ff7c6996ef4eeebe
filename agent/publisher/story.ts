import type { PublisherMetricName } from '../../lib/metrics/publisher-table.ts';
import { reasonsOf } from '../../lib/publisher/reasons.ts';
import type { Key, Store } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { LinkListener } from '../kubernetes/link.ts';
import type { Logger } from '../sidecar/log.ts';
import type { Metrics } from '../sidecar/metrics.ts';
import type { Written } from './writer.ts';

/** What is worth a line of the log, and a metric. */
export interface Story {
  /** @param withheld `Watches.withheld`. */
  readonly synced: (tookMs: number, withheld: Readonly<Record<string, readonly string[]>>) => void;
  readonly readLater: (namespace: string) => void;
  readonly leads: (isLeading: boolean) => void;
  readonly written: (key: Key, write: Write, written: Written) => void;
  readonly unreadable: (resource: string, key: Key, problem: string) => void;
  readonly link: (resource: string) => LinkListener;
  /** A warning that is given once. */
  readonly once: (what: string, message: string) => void;
}

/** Objects that cannot be read are told of with each change of theirs: a line each, as long as they are few. */
const MOST_TOLD = 1000;

export function createStory(log: Logger, metrics: Metrics<PublisherMetricName>, store: Store): Story {
  const told = new Set<string>();
  /** What was told of a slice whose write is refused; the others of its Service may go well meanwhile. */
  const refused = new Map<string, string>();

  function once(what: string, message: string): void {
    if (told.has(what) || told.size >= MOST_TOLD) return;
    told.add(what);
    log.warn({}, message);
  }

  return {
    synced(tookMs, withheld): void {
      const names = Object.keys(withheld);
      const rest = names.length === 0 ? '' : `, but for ${names.join(', ')}`;
      log.info({ ...store.counts }, `All has been read in ${tookMs} ms${rest}`);
      for (const [namespace, because] of Object.entries(withheld))
        log.warn({ namespace }, `Namespace ${namespace}: ${withheldText(because)}; it is tried again`);
    },
    readLater: namespace =>
      log.info({ namespace }, `Namespace ${namespace}: It has been read, and is published from now on`),
    leads: isLeading =>
      log.info({ isLeading }, isLeading ? 'This one leads' : 'This one leads no more, and writes nothing'),
    written(key, write, result): void {
      const { type, name, takesOut } = write;
      const { outcome } = result;
      const slice = `${key} ${name}`;
      if (outcome === 'not leading') return;
      metrics.count('podusher_publisher_writes_total', { verb: type, outcome });
      const fields = { service: key, slice: name, verb: type, takesOut };
      if (outcome === 'done') {
        refused.delete(slice);
        if (!log.isLevelEnabled('debug')) return;
        const because = reasonsOf(write, store.world(key)?.pods ?? []);
        return log.debug({ ...fields, because }, `Slice ${name}: ${type}`);
      }
      if (outcome === 'conflict') return log.debug(fields, `Slice ${name}: it has changed meanwhile`);
      if (outcome === 'abandoned') return log.debug(fields, `Slice ${name}: ${type}: slow, and given up`);
      if (refused.get(slice) === result.reason) return;
      if (refused.size >= MOST_TOLD) refused.clear();
      refused.set(slice, result.reason);
      log.warn(fields, `Slice ${name} of Service ${key}: ${type}: ${result.reason}; it is tried again`);
    },
    unreadable(resource, key, problem): void {
      metrics.count('podusher_publisher_unreadable_total', { resource });
      once(
        `${resource} ${key} ${problem}`,
        `Left out, for it cannot be read: ${resource} ${key}: ${problem}`,
      );
    },
    link: resource => ({
      heard: at => metrics.set('podusher_api_heard_timestamp_seconds', at / 1000, { resource }),
      changed({ state, because, heardAt }): void {
        metrics.set('podusher_api_watching', state === 'watching' ? 1 : 0, { resource });
        if (state === 'watching') log.info({ resource }, `The API is watched: ${resource}`);
        else {
          const holds = heardAt === null ? 'it has told nothing yet' : 'what it told last holds';
          log.warn({ resource }, `The API is lost: ${resource}: ${because}; ${holds}`);
        }
      },
    }),
    once,
  };
}

/** Of a namespace (`Watches.withheld`). */
export function withheldText(because: readonly string[]): string {
  return `Not read, so nothing of it is published: ${because.join('; ')}`;
}
