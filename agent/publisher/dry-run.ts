import { ANSWER_WITHIN_MS, type GivingUp, givingUp, READ_WITHIN_MS } from '../../lib/publisher/giving-up.ts';
import { reasonsOf, standingOf } from '../../lib/publisher/reasons.ts';
import { reconcile, type World } from '../../lib/publisher/reconcile.ts';
import { type Key, Store, splitKey } from '../../lib/publisher/store.ts';
import type { PublisherSettings } from '../../lib/settings/publisher-table.ts';
import type { ApiClient } from '../kubernetes/client.ts';
import { withheldText } from './story.ts';
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
 * Reads all that is not refused, by lists alone: whoever asks may have no right to watch. Prints lines of JSON: each write that would be made, and how the pods of each
 * published Service stand. To standard error goes what is wrong.
 *
 * @returns the exit status: 1 where not all could be read
 */
export async function dryRun({ own, client, address, now }: DryRunParts): Promise<number> {
  const { namespaces } = own;
  const store = new Store();
  const startedAt = now();
  const read = Promise.withResolvers<GivingUp | undefined>();
  const watches = watchAll({
    client,
    isOnce: true,
    namespaces,
    store,
    now,
    changed: () => {},
    synced: () => {},
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
    // Of a namespace that is refused all is told that is.
    const isMoreToCome = watches.status.some(({ state }) => state === 'starting');
    if (watches.areSynced && !isMoreToCome) return read.resolve(undefined);
    const because = givingUp(watches.status, watches.areRefused, now() - startedAt);
    if (because !== undefined) read.resolve(because);
  }, LOOK_MS);
  const gaveUp = await read.promise;
  clearInterval(looks);
  const { withheld } = watches;
  watches.close();
  client.close();
  for (const [name, because] of Object.entries(withheld)) say(`Namespace ${name}: ${withheldText(because)}`);
  if (gaveUp !== undefined) {
    say(wordsOf(gaveUp, address, own.server !== undefined));
    return 1;
  }
  const known = new Set(store.services().map(key => splitKey(key)[0]));
  for (const name of namespaces)
    if (!known.has(name) && !Object.hasOwn(withheld, name)) say(`Namespace ${name}: Has no Service`);
  for (const key of store.services()) {
    const world = store.world(key);
    if (world !== undefined) printService(key, { ...world, pods: [...world.pods] });
  }
  return Object.keys(withheld).length === 0 ? 0 : 1;
}

/** @returns what is to be done about it. Why each could not be read was said when it was found. */
function wordsOf({ type, missing }: GivingUp, address: string, isProxy: boolean): string {
  const names = missing.join(', ');
  switch (type) {
    case 'refused':
      return `${address} refuses ${names}: whoever asks must be allowed to list them`;
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
