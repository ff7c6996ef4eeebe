import { reasonsOf, standingOf } from '../../lib/publisher/reasons.ts';
import { reconcile, type World } from '../../lib/publisher/reconcile.ts';
import { type Key, Store, splitKey } from '../../lib/publisher/store.ts';
import type { PublisherSettings } from '../../lib/settings/publisher-table.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { unreadText } from './story.ts';
import { watchAll } from './watches.ts';

const READ_WITHIN_MS = 120_000;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * Reads all that is not refused, and prints lines of JSON: each write that would be made, and how the pods of each
 * published Service stand. To standard error goes what is wrong.
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
    readLater: () => {},
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
  const { unread } = watches;
  watches.close();
  client.close();
  for (const [name, because] of Object.entries(unread)) say(`Namespace ${name}: ${unreadText(because)}`);
  if (!isRead) {
    say(`Not all could be read within ${READ_WITHIN_MS / 1000} s`);
    return 1;
  }
  const known = new Set(store.services().map(key => splitKey(key)[0]));
  for (const name of namespaces)
    if (!known.has(name) && !Object.hasOwn(unread, name)) say(`Namespace ${name}: Has no Service`);
  for (const key of store.services()) {
    const world = store.world(key);
    if (world !== undefined) printService(key, { ...world, pods: [...world.pods] });
  }
  return Object.keys(unread).length === 0 ? 0 : 1;
}

function printService(key: Key, world: World): void {
  const { writes, problems } = reconcile(world);
  for (const { kind, name, message } of problems) say(`Service ${key}: ${kind} ${name}: ${message}`);
  for (const write of writes) {
    const { type, takesOut, name, body } = write;
    const because = reasonsOf(write, world.pods);
    print({ service: key, verb: type, slice: name, takesOut, because, body });
  }
  if (world.service.claim.type !== 'none') print({ service: key, ...standingOf(world) });
}
