import type { Problem } from '../../lib/publisher/desired.ts';
import { report } from '../../lib/publisher/report.ts';
import { type Key, type Store, splitKey } from '../../lib/publisher/store.ts';
import { oneLine } from '../../lib/timeline/words.ts';
import type { EventWriter } from '../kubernetes/event-writer.ts';
import type { Logger } from '../sidecar/log.ts';

/** What is wrong with Services, as it was last found; told once, in the log and by Events. */
export interface Problems {
  readonly count: number;
  /** The first hundred, by Service. */
  readonly shown: Readonly<Record<Key, readonly string[]>>;
  readonly tell: (key: Key, problems: readonly Problem[]) => void;
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

export function createProblems({ store, events, log, now }: ProblemsParts): Problems {
  const standing = new Map<Key, ReadonlySet<string>>();
  /** What was told when this one led before: who leads again at once does not repeat it. */
  const earlier = new Map<Key, ReadonlySet<string>>();

  return {
    get count(): number {
      return [...standing.values()].reduce((sum, { size }) => sum + size, 0);
    },
    get shown(): Problems['shown'] {
      return Object.fromEntries([...standing].slice(0, MOST_SHOWN).map(([key, lines]) => [key, [...lines]]));
    },
    tell(key, problems): void {
      const [namespace, name] = splitKey(key);
      const next = report(standing.get(key) ?? earlier.get(key) ?? NOTHING, problems, name);
      earlier.delete(key);
      if (next.standing.size === 0) standing.delete(key);
      else standing.set(key, next.standing);
      const service = store.world(key)?.service;
      for (const line of next.told) {
        const message = oneLine(line, LONGEST);
        log.warn({ service: key }, `Service ${key}: ${message}`);
        if (service === undefined) continue;
        const reason = service.claim.type === 'selected' ? 'PublishedWithProblems' : 'Unpublished';
        const told = { type: 'Warning', reason, message, at: now() } as const;
        events.tell(told, { kind: 'Service', name, namespace, uid: service.uid });
      }
    },
    forget(): void {
      earlier.clear();
      for (const [key, lines] of standing) earlier.set(key, lines);
      standing.clear();
    },
  };
}
