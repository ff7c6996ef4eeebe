import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Settings } from '../../lib/settings/settings.ts';
import { container, pod, railsAndAuth } from './pods.ts';
import { gone, hook, only, requests, type Scene, SIGTERM, sockets, tell, UNREAD } from './scenes.ts';

const ALL = [0, hook('rails'), hook('auth'), hook('podusher')] as const satisfies Scene;

/** All hooks of a pod come at one instant. */
function deleted(settings: Settings): Scene {
  return [0, ...settings.containers.map(({ name }) => hook(name)), hook('podusher')];
}

test('releaseWaves() releases rails, then auth when rails has stopped, then the agent', () => {
  const told = tell(railsAndAuth, [
    ALL,
    [5250, gone('rails')],
    [6000, gone('rails', 'auth')],
    [6500, SIGTERM],
  ]);
  assert.deepEqual(told.lines, [
    '0 hook rails',
    '0 hook auth',
    '0 hook podusher',
    '0 termination: own hook and another',
    '0 act',
    '5000 arrivals-ended: silence',
    '5000 drained: nothing in flight',
    '5000 answer rails: drain over',
    '5400 stopped rails: seen',
    '5400 answer auth: dependents stopped',
    '6100 stopped auth: seen',
    '6100 answer podusher: all others stopped',
    '6500 sigterm',
    '6500 exit',
  ]);
  assert.deepEqual(told.phases, ['0 settling', '0 draining', '5000 stopping', '6100 stopped']);
});

test('releaseWaves() does not take one reading of silent ports for an end', () => {
  const told = tell(railsAndAuth, [ALL, [5200, gone('rails')], [5250, gone()], [7000, gone('rails')]], 8000);
  assert.deepEqual(told.answers, ['5000 rails: drain over', '7100 auth: dependents stopped']);
});

test('releaseWaves() holds auth to the very end when rails lives on and auth has a stop-timeout of 0s', () => {
  const told = tell(railsAndAuth, [ALL], 30_000);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '30000 auth: its time is up',
    '30000 podusher: its time is up',
  ]);
  assert.deepEqual(only(told, 'stopped'), ['30000 stopped rails: time', '30000 stopped auth: time']);
});

test('releaseWaves() counts back from the end of the grace period when auth needs time of its own', () => {
  const settings = pod([
    container('rails', { dependsOn: ['auth'], stopTimeoutMs: 10_000 }),
    container('auth', { ports: [4000], stopTimeoutMs: 5000 }),
  ]);
  const told = tell(settings, [ALL, [0, sockets({ inFlight: requests(1, 0) })]]);
  assert.deepEqual(told.answers, [
    '15000 rails: its time is up',
    '25000 auth: its time is up',
    '30000 podusher: its time is up',
  ]);
});

test('releaseWaves() needs no reading of the sockets to keep every deadline', () => {
  const told = tell(railsAndAuth, [ALL, [0, UNREAD]], 30_000);
  assert.deepEqual(told.answers, [
    '25000 rails: its time is up',
    '30000 auth: its time is up',
    '30000 podusher: its time is up',
  ]);
});

/** Everybody leaves 300 ms after its release; the order in which they are released comes out. */
function orderOf(containers: readonly Container[]): string[] {
  const settings = pod(containers);
  const scenes: Scene[] = [deleted(settings)];
  const released: string[] = [];
  for (;;) {
    const { answers } = tell(settings, scenes);
    const next = answers[released.length];
    if (next === undefined) return released;
    const [atMs = '', name = ''] = next.split(/[ :]+/);
    released.push(name);
    const away = released.filter(one => one !== 'podusher');
    scenes.push([Number(atMs) + 300, gone(...away)]);
  }
}

test('releaseWaves() goes along every chain when dependencies fork and join', () => {
  const order = orderOf([
    container('db', { stopTimeoutMs: 0 }),
    container('auth', { dependsOn: ['db'], stopTimeoutMs: 0 }),
    container('cache', { stopTimeoutMs: 0 }),
    container('rails', { dependsOn: ['auth', 'cache'] }),
    container('worker', { dependsOn: ['db'] }),
  ]);
  assert.deepEqual(order, ['rails', 'worker', 'auth', 'cache', 'db', 'podusher']);
});

test('releaseWaves() releases all that nobody depends on together, with a bare hook among them', () => {
  const settings = pod([container('rails'), container('web')]);
  const told = tell(settings, [[0, hook('rails'), hook('web'), hook(null), hook('podusher')]], 5000);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '5000 web: drain over',
    '5000 (bare): drain over',
  ]);
});

test('releaseWaves() holds a container that another depends on when that one has no hook', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('auth'), hook('podusher')],
      [9000, gone('rails')],
    ],
    10_000,
  );
  assert.deepEqual(told.answers, ['9100 auth: dependents stopped']);
});

test('releaseWaves() releases the dependents at drain-min when what they need has crashed', () => {
  const busy = sockets({ inFlight: requests(5, 0), arrivals: 'arriving' });
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails'), hook('podusher'), busy],
      [1000, gone('auth')],
    ],
    6000,
  );
  assert.deepEqual(only(told, 'stopped'), ['1100 stopped auth: seen']);
  assert.deepEqual(told.answers, ['5000 rails: dependency gone']);
});

test('releaseWaves() releases a dependent at once when what it needs crashes after drain-min', () => {
  const busy = sockets({ inFlight: requests(5, 0) });
  const told = tell(railsAndAuth, [ALL, [0, busy], [8000, gone('auth')]], 10_000);
  assert.deepEqual(told.answers[0], '8100 rails: dependency gone');
});

test('releaseWaves() gives up the whole chain in order when its last link is gone', () => {
  const settings = pod([
    container('web', { dependsOn: ['rails'] }),
    container('rails', { dependsOn: ['auth'], stopTimeoutMs: 0 }),
    container('auth', { stopTimeoutMs: 0 }),
  ]);
  const told = tell(
    settings,
    [
      [0, hook('web'), hook('rails'), hook('podusher'), sockets({ inFlight: requests(1, 0) }), gone('auth')],
      [6000, gone('auth', 'web')],
      [7000, gone('auth', 'web', 'rails')],
    ],
    8000,
  );
  assert.deepEqual(told.answers, [
    '5000 web: dependency gone',
    '6100 rails: dependency gone',
    '7100 podusher: all others stopped',
  ]);
});

test('releaseWaves() releases in order when a dependency stops after it was released', () => {
  const told = tell(railsAndAuth, [ALL, [5200, gone('rails')], [5500, gone('rails', 'auth')]], 6000);
  assert.deepEqual(told.answers.slice(0, 2), ['5000 rails: drain over', '5300 auth: dependents stopped']);
});

test('releaseWaves() releases a native sidecar that outlives the agent when its dependents have stopped', () => {
  const settings = pod([
    container('rails', { dependsOn: ['auth'] }),
    container('auth', { kind: 'native-sidecar-before-agent', sidecarIndex: 0, stopTimeoutMs: 0 }),
  ]);
  const told = tell(settings, [ALL, [5200, gone('rails')]], 30_000);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '5300 auth: dependents stopped',
    '5300 podusher: all others stopped',
  ]);
});

test('releaseWaves() leaves order among native sidecars that outlive the agent to the kubelet', () => {
  const outlives = { kind: 'native-sidecar-before-agent', stopTimeoutMs: 0 } as const;
  const settings = pod([
    container('rails'),
    container('mesh', { ...outlives, sidecarIndex: 1, dependsOn: ['auth'] }),
    container('auth', { ...outlives, sidecarIndex: 0 }),
  ]);
  const told = tell(settings, [[0, hook('rails'), hook('mesh'), hook('auth'), hook('podusher')]], 6000);
  assert.deepEqual(told.answers, [
    '5000 rails: drain over',
    '5000 mesh: drain over',
    '5000 auth: drain over',
  ]);
});

test('releaseWaves() gives a container that no setting names 5 s to stop', () => {
  const told = tell(
    pod([]),
    [[0, hook('new'), hook('podusher'), sockets({ inFlight: requests(1, 0) })]],
    40_000,
  );
  assert.deepEqual(told.answers, ['25000 new: its time is up', '30000 podusher: its time is up']);
});

test('releaseWaves() does not take a container for stopped while its own hook waits, though its ports are gone', () => {
  const told = tell(railsAndAuth, [ALL, [1000, gone('rails')]], 7000);
  assert.deepEqual(told.answers, ['5000 rails: drain over', '5100 auth: dependents stopped']);
});
