import { reasonsOf } from '../../lib/publisher/reasons.ts';
import { reconcile } from '../../lib/publisher/reconcile.ts';
import { Store } from '../../lib/publisher/store.ts';
import type { PublisherSettings } from '../../lib/settings/publisher-table.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { watchAll } from './watches.ts';

const READ_WITHIN_MS = 120_000;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Reads all, prints what would be written, a line of JSON for each, and to standard error what is wrong.
 *
 * @returns the exit status: 1 where not all could be read
 */
export async function dryRun(
  { namespaces }: PublisherSettings,
  client: ApiClient,
  now: () => number,
): Promise<number> {
  const store = new Store();
  const read = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => read.resolve(false), READ_WITHIN_MS);
  const watches = watchAll({
    client,
    namespaces,
    store,
    now,
    changed: () => {},
    synced: () => read.resolve(true),
    unreadable: (resource, key, problem) => say(`${resource} ${key}: Left out: ${problem}`),
    link: resource => ({
      heard: () => {},
      changed: ({ state, because }) => {
        if (state === 'lost') say(`${resource}: ${because}`);
      },
    }),
  });
  const isRead = await read.promise;
  clearTimeout(timer);
  watches.close();
  client.close();
  if (!isRead) {
    say(`Not all could be read within ${READ_WITHIN_MS / 1000} s`);
    return 1;
  }
  for (const key of store.services()) {
    const world = store.world(key);
    if (world === undefined) continue;
    const pods = [...world.pods];
    const { writes, problems } = reconcile({ ...world, pods });
    for (const { kind, name, message } of problems) say(`Service ${key}: ${kind} ${name}: ${message}`);
    for (const write of writes) {
      const { type, takesOut, name, body } = write;
      const line = { service: key, verb: type, slice: name, takesOut, because: reasonsOf(write, pods), body };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  }
  return 0;
}
