import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entry } from '../../../lib/timeline/entry.ts';
import { differences } from './compare.ts';

const kubelet = (at: number, type: 'hook-began', container: string): Entry => ({
  actor: 'kubelet',
  at,
  type,
  container,
});
const signal = (at: number, container: string): Entry => ({
  actor: 'kubelet',
  at,
  type: 'signal',
  container,
  signal: 'SIGTERM',
});
const exited = (at: number, container: string): Entry => ({
  actor: 'kubelet',
  at,
  type: 'exited',
  container,
  code: 0,
  signal: null,
});

const DELETED: Entry = { actor: 'kubelet', at: 0, type: 'deleted', gracePeriodMs: 20_000 };
const HOOKS = [kubelet(10, 'hook-began', 'rails'), kubelet(10, 'hook-began', 'auth')];
const REHEARSED = [
  DELETED,
  ...HOOKS,
  signal(5000, 'rails'),
  exited(5100, 'rails'),
  signal(5200, 'auth'),
  exited(5300, 'auth'),
];

const told = (...real: readonly Entry[]): readonly string[] =>
  differences(REHEARSED, [DELETED, ...real], 20_000);

describe('differences()', () => {
  it('finds none where hooks begin in another order, and an exit is logged a little late', () => {
    const ends = [signal(6000, 'rails'), signal(6200, 'auth'), exited(6250, 'rails'), exited(6300, 'auth')];
    assert.deepEqual(told(...HOOKS.toReversed(), ...ends), []);
  });

  it('tells what did not happen', () => {
    assert.deepEqual(told(...HOOKS, signal(5000, 'rails'), exited(5100, 'rails'), signal(5200, 'auth')), [
      'Not on the cluster: auth exited',
    ]);
  });

  it('tells that the containers were told to end in another order', () => {
    const ends = [signal(5000, 'auth'), exited(5100, 'auth'), signal(5200, 'rails'), exited(5300, 'rails')];
    assert.deepEqual(told(...HOOKS, ...ends), [
      'Rehearsed: rails SIGTERM, auth SIGTERM; on the cluster: auth SIGTERM, rails SIGTERM',
      'Rehearsed: rails exited, auth exited; on the cluster: auth exited, rails exited',
    ]);
  });

  it('tells that one was not waited for', () => {
    const ends = [signal(5000, 'rails'), signal(5200, 'auth'), exited(6500, 'rails'), exited(6600, 'auth')];
    assert.deepEqual(told(...HOOKS, ...ends), ['On the cluster auth SIGTERM did not wait for rails exited']);
  });

  it('tells what was at another time', () => {
    const ends = [signal(9000, 'rails'), exited(5100, 'rails'), signal(5200, 'auth'), exited(5300, 'auth')];
    assert.ok(told(...HOOKS, ...ends).includes('rails SIGTERM: rehearsed 4990 ms, on the cluster 8990 ms'));
  });
});
