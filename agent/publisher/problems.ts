import type { Problem } from '../../lib/publisher/desired.ts';
import { report } from '../../lib/publisher/report.ts';
import { type Key, type Store, splitKey } from '../../lib/publisher/store.ts';
import { oneLine } from '../../lib/timeline/words.ts';
import type { EventWriter } from '../kubernetes/event-writer.ts';
import type { Logger } from '../sidecar/log.ts';

/** What is wrong with Services, as it was last found; told once in the log, and by Events as long as it stands. */
export interface Problems {
  readonly count: number;
  /** The first hundred, by Service. */
  readonly shown: Readonly<Record<Key, readonly string[]>>;
  readonly tell: (key: Key, problems: readonly Problem[]) => void;
  /** Writes Events for which there was no room, and again those that will soon be forgotten; to be called now and then. */
  readonly tellAgain: () => void;
  /** What stands is another's to tell from now on. */
  readonly forget: () => void;
}

export interface ProblemsParts {
  readonly store: Store;
  readonly events: EventWriter;
  readonly log: Logger;
  readonly now: () => number;
}

const MOST_SHOWN = 100;
const NOTHING: ReadonlySet<string> = new Set();
/** The most that an Event takes is 1024 bytes; a character may be 4. */
const LONGEST = 250;
/** The API server keeps Events for an hour unless told otherwise (`--event-ttl` of kube-apiserver). */
const AGAIN_AFTER_MS = 55 * 60_000;

export function createProblems({ store, events, log, now }: ProblemsParts): Problems {
  const standing = new Map<Key, ReadonlySet<string>>();
  /** What was told when this one led before: who leads again at once does not repeat it. */
  const earlier = new Map<Key, ReadonlySet<string>>();
  /** When an Event is due, by line; of what stands alone. */
  const due = new Map<Key, Map<string, number>>();

  /** @returns whether there was room for it. */
  function write(key: Key, line: string): boolean {
    if (!events.hasRoom) return false;
    const [namespace, name] = splitKey(key);
    const service = store.world(key)?.service;
    due.get(key)?.set(line, now() + AGAIN_AFTER_MS);
    if (service === undefined) return true;
    const reason = service.claim.type === 'selected' ? 'PublishedWithProblems' : 'Unpublished';
    const told = { type: 'Warning', reason, message: oneLine(line, LONGEST), at: now() } as const;
    events.tell(told, { kind: 'Service', name, namespace, uid: service.uid });
    return true;
  }

  /** What stands no more is not told again; nor is how many problems more there are. */
  function keep(key: Key, lines: ReadonlySet<string>, fresh: readonly string[]): void {
    const before = [...(due.get(key) ?? [])].filter(([line]) => lines.has(line));
    const all = new Map([...before, ...fresh.map(line => [line, now()] as const)]);
    if (all.size > 0) due.set(key, all);
    else due.delete(key);
  }

  return {
    get count(): number {
      return [...standing.values()].reduce((sum, { size }) => sum + size, 0);
    },
    get shown(): Problems['shown'] {
      return Object.fromEntries([...standing].slice(0, MOST_SHOWN).map(([key, lines]) => [key, [...lines]]));
    },
    tell(key, problems): void {
      const [, name] = splitKey(key);
      const next = report(standing.get(key) ?? earlier.get(key) ?? NOTHING, problems, name);
      earlier.delete(key);
      if (next.standing.size === 0) standing.delete(key);
      else standing.set(key, next.standing);
      keep(key, next.standing, next.told);
      for (const line of next.told) {
        log.warn({ service: key }, `Service ${key}: ${oneLine(line, LONGEST)}`);
        write(key, line);
      }
    },
    tellAgain(): void {
      const waiting = [...due]
        .filter(([key]) => standing.has(key))
        .flatMap(([key, lines]) => [...lines].map(([line, at]) => ({ key, line, at })))
        .filter(({ at }) => at <= now());
      for (const { key, line } of waiting.sort((a, b) => a.at - b.at)) if (!write(key, line)) return;
    },
    forget(): void {
      earlier.clear();
      for (const [key, lines] of standing) earlier.set(key, lines);
      standing.clear();
      for (const key of due.keys()) if (!earlier.has(key)) due.delete(key);
    },
  };
}
