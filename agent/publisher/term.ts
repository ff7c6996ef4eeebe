import type { Key } from '../../lib/publisher/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Watches } from './watches.ts';

/** The time for which this one leads, again and again. */
export interface Term {
  /** It leads, and has read what happened before. */
  readonly isWriting: boolean;
  begin(): void;
  /** Ends when what was being written has ended, or was given up. */
  end(): Promise<void>;
}

export interface TermParts {
  readonly watches: () => Pick<Watches, 'again' | 'current'>;
  readonly dispatcher: Pick<Dispatcher, 'start' | 'add' | 'stop'>;
  readonly services: () => readonly Key[];
}

/** How long one who has begun to lead waits for what it could do without. */
const CURRENT_WITHIN_MS = 15_000;

/**
 * Whoever led before may have known more: from pods that are older than its slices one would undo its work, and the API
 * server would take it. So all is told first that has happened until now. Where that does not come, `Watches.mayLead()`
 * ends the term: the Lease is renewed no more, for what is to be read anew at once, and else after half a minute. A term that
 * is over by then never begins to write, though the next has begun.
 */
export function createTerm({ watches, dispatcher, services }: TermParts): Term {
  let current = new AbortController();
  let isWriting = false;

  async function run({ signal }: AbortController): Promise<void> {
    watches().again(0);
    const isCurrent = await watches().current(CURRENT_WITHIN_MS, signal);
    if (!isCurrent || signal.aborted) return;
    isWriting = true;
    dispatcher.start();
    dispatcher.add(services());
  }

  return {
    get isWriting(): boolean {
      return isWriting;
    },
    begin(): void {
      current.abort();
      current = new AbortController();
      void run(current);
    },
    end(): Promise<void> {
      current.abort();
      isWriting = false;
      return dispatcher.stop();
    },
  };
}
