import { reasonsOf, standingOf } from '../../lib/publisher/reasons.ts';
import { reconcile, type World } from '../../lib/publisher/reconcile.ts';
import { type Key, Store, splitKey } from '../../lib/publisher/store.ts';
import { ANSWER_WITHIN_MS, READ_WITHIN_MS, type Unread, unreadOf } from '../../lib/publisher/unread.ts';
import type { PublisherSettings } from '../../lib/settings/publisher-table.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { unreadText } from './story.ts';
import { watchAll } from './watches.ts';

const LOOK_MS = 100;

/** What it works with. */
export interface DryRunParts {
  readonly own: PublisherSettings;
  readonly client: ApiClient;
  /** The API server's. */
  readonly address: string;
  readonly now: () => number;
}

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
export async function dryRun({ own, client, address, now }: DryRunParts): Promise<number> {
  const { namespaces } = own;
  const store = new Store();
  const startedAt = now();
  const read = Promise.withResolvers<Unread | undefined>();
  const watches = watchAll({
    client,
    namespaces,
    store,
    now,
    changed: () => {},
    synced: () => read.resolve(undefined),
    readLater: () => {},
    unreadable: (resource, key, problem) => say(`${resource} ${key}: Left out: ${problem}`),
    link: resource => ({
      heard: () => {},
      changed: ({ state, because }) => {
        if (state === 'lost') say(`${resource}: ${because}`);
      },
    }),
  });
  const looks = setInterval(() => {
    const missing = unreadOf(watches.status, watches.areRefused, now() - startedAt);
    if (missing !== undefined) read.resolve(missing);
  }, LOOK_MS);
  const missing = await read.promise;
  clearInterval(looks);
  const { unread } = watches;
  watches.close();
  client.close();
  for (const [name, because] of Object.entries(unread)) say(`Namespace ${name}: ${unreadText(because)}`);
  if (missing !== undefined) {
    say(wordsOf(missing, address, own.server !== undefined));
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

/** @returns what is to be done about it. Why each could not be read was said when it was found. */
function wordsOf({ type, resources }: Unread, address: string, isProxy: boolean): string {
  const names = resources.join(', ');
  switch (type) {
    case 'refused':
      return `${address} refuses ${names}: whoever asks must be allowed to list and watch them`;
    case 'unanswered': {
      const doubt = isProxy ? 'is kubectl proxy running there' : 'can it be reached from here';
      return `${address} has told nothing within ${ANSWER_WITHIN_MS / 1000} s: ${doubt}?`;
    }
    case 'late':
      return `${address} has not told all within ${READ_WITHIN_MS / 1000} s; missing: ${names}`;
  }
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
