import type { CheckEntry, Entry } from './entry.ts';

/** How a line is to be read: `bad` lost something or may have, `good` ended well, `turn` begins a new stage. */
export type Tone = 'bad' | 'good' | 'turn' | 'plain';

/** 143 is 128 + SIGTERM: what a process that heeds SIGTERM often exits with. */
const EXPECTED_CODES: ReadonlySet<number> = new Set([0, 143]);

const CHECKED = {
  passed: 'good',
  failed: 'bad',
  terminating: 'turn',
  tolerated: 'turn',
  unobserved: 'plain',
} as const satisfies Record<CheckEntry['outcome'], Tone>;

/** @returns the tone of an entry. What could not be measured is never `good`. */
export function toneOf(entry: Entry): Tone {
  switch (entry.type) {
    case 'outage':
    case 'warning':
    case 'hook-left':
    case 'dependency-gone':
    case 'back-off':
    case 'restarting':
      return 'bad';
    case 'deleted':
    case 'deletion':
    case 'termination':
    case 'restart':
    case 'agent-restart':
    case 'sigterm':
    case 'healed':
    case 'taken-up':
    case 'arrivals-resumed':
      return 'turn';
    case 'check':
      return CHECKED[entry.outcome];
    case 'drained':
      return entry.because === 'nothing in flight' ? 'good' : 'bad';
    case 'released':
      return cuts(entry.left) ? 'bad' : 'plain';
    case 'arrivals-ended':
      return entry.because === 'deadline' ? 'bad' : 'plain';
    case 'ready':
    case 'pod-ready':
      return entry.ready ? 'good' : 'bad';
    case 'hook-ended':
      return entry.outcome === 'answered' ? 'plain' : 'bad';
    case 'signal':
      return entry.signal === 'SIGKILL' ? 'bad' : 'plain';
    case 'exited':
      return entry.signal === 'SIGKILL' || (entry.code !== null && !EXPECTED_CODES.has(entry.code))
        ? 'bad'
        : 'plain';
    case 'hook':
    case 'withdrawn':
    case 'stopped':
    case 'exit':
    case 'started':
    case 'hook-began':
    case 'gone':
    case 'new-connections-end':
    case 'kept-connections-leave':
      return 'plain';
  }
}

function cuts(left: { readonly requests: number; readonly inDoubt: number } | undefined): boolean {
  return left !== undefined && left.requests + left.inDoubt > 0;
}
