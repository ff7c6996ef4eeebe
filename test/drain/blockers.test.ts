import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockersOf } from '../../lib/drain/blockers.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { container, pod, railsAndAuth } from './pods.ts';
import { gone, hook, only, requests, type Scene, sockets, T, tell } from './scenes.ts';

/** rails needs auth; statsd is non-critical. */
const settings = pod([
  container('rails', { dependsOn: ['auth'] }),
  container('auth', { ports: [4000], stopTimeoutMs: 0 }),
  container('statsd', { ports: [8125], critical: false }),
]);

const ALL = [0, hook('rails'), hook('auth'), hook('statsd'), hook('podusher')] as const satisfies Scene;
const OUT = { readyDuringDrain: false } as const;
const BUSY = sockets({ inFlight: requests(1, 0) });

/** What the drain says against readiness at a moment of a story: `0 rails restarts`; it begins with since when. */
function blockersAt(atMs: number, over: Partial<Settings>, scenes: readonly Scene[]): string[] {
  const { state } = tell({ ...settings, ...over }, scenes, atMs);
  return blockersOf(state).map(({ name, outcome, reason, since }) => {
    assert.equal(name, 'drain');
    return `${since - T} ${outcome === 'terminating' ? 'normal: ' : ''}${reason}`;
  });
}

const CASES: readonly [
  when: string,
  blockers: readonly string[],
  atMs: number,
  over: Partial<Settings>,
  ...scenes: Scene[],
][] = [
  ['nothing is asked', [], 0, {}],
  ['nothing is asked, and ready-during-drain is false', [], 0, OUT],
  ['it settles', [], 900, {}, [0, hook('rails')]],
  ['a termination drains', [], 4900, {}, ALL],
  ['the agent restarts', [], 1500, {}, [0, hook('podusher')]],
  ['a critical container restarts', ['0 rails restarts'], 1000, {}, [0, hook('rails')]],
  ['a critical container was released to restart', ['0 rails restarts'], 9900, {}, [0, hook('rails')]],
  ['a critical container has restarted', [], 10_000, {}, [0, hook('rails')]],
  ['a non-critical container restarts', [], 1000, {}, [0, hook('statsd')]],
  ['a container that no setting names restarts', ['0 new restarts'], 1000, {}, [0, hook('new')]],
  ['a bare hook’s container restarts', ['0 a container restarts'], 1000, {}, [0, hook(null)]],
  ['the first critical container is released', ['5000 normal: rails was released to stop'], 5000, {}, ALL],
  ['a non-critical container is released', [], 5000, {}, [0, hook('statsd'), hook('podusher')]],
  [
    'a critical container is released and has stopped',
    ['5000 normal: rails was released to stop', '5300 normal: auth was released to stop'],
    6000,
    {},
    ALL,
    [5200, gone('rails')],
  ],
  [
    'a dependency is gone before its dependents',
    ['1100 rails depends on auth, which is gone'],
    2000,
    {},
    [0, hook('rails'), hook('podusher'), BUSY],
    [1000, gone('auth')],
  ],
  [
    'a dependency and its dependents are gone',
    [],
    2000,
    {},
    [0, hook('podusher'), hook('statsd'), BUSY],
    [1000, gone('auth', 'rails')],
  ],
  [
    'ready-during-drain is false, as soon as the hooks tell a termination',
    ['0 normal: ready-during-drain is false'],
    0,
    OUT,
    [0, hook('rails'), hook('podusher')],
  ],
  [
    'ready-during-drain is false, in a termination',
    ['0 normal: ready-during-drain is false', '5000 normal: rails was released to stop'],
    5000,
    OUT,
    ALL,
  ],
  ['ready-during-drain is false, after a false alarm', [], 40_000, OUT, ALL],
];

for (const [when, blockers, atMs, over, ...scenes] of CASES) {
  test(`blockersOf() says ${JSON.stringify(blockers)} when ${when}`, () => {
    assert.deepEqual(blockersAt(atMs, over, scenes), blockers);
  });
}

test('blockersOf() holds readiness until a released dependency, whose stop-timeout is 0s, has restarted', () => {
  const { state } = tell(railsAndAuth, [[0, hook('auth')]], 5500);
  assert.deepEqual(
    blockersOf(state).map(({ reason }) => reason),
    ['auth restarts'],
  );
  const seen = tell(railsAndAuth, [
    [0, hook('auth')],
    [5200, gone('auth')],
  ]);
  assert.deepEqual(only(seen, 'stopped', 'reset'), ['5300 stopped auth: seen', '5300 reset auth']);
});

test('blockersOf() says nothing of a non-critical container that restarts when ready-during-drain is false', () => {
  const out = pod([container('rails'), container('statsd', { critical: false })], {
    readyDuringDrain: false,
  });
  assert.deepEqual(blockersOf(tell(out, [[0, hook('statsd')]], 3000).state), []);
});
