import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockersOf } from '../../lib/drain/blockers.ts';
import type { Container } from '../../lib/settings/settings.ts';
import { container, pod, railsAndAuth } from './pods.ts';
import { gone, hook, requests, type Scene, SIGTERM, sockets, T, tell } from './scenes.ts';

/** When each container counts as stopped, and when the agent is released. */
const ENDS: readonly [when: string, containers: readonly Container[], scenes: Scene[], lines: string[]][] = [
  [
    'a container without ports has had its stop-timeout since its release',
    [container('worker', { ports: [], stopTimeoutMs: 3000 })],
    [[0, hook('worker'), hook('podusher')]],
    ['8000 stopped worker: assumed', '8000 answer podusher: all others stopped'],
  ],
  [
    'a container with neither ports nor a hook has had its stop-timeout since everybody got SIGTERM',
    [container('rails'), container('worker', { ports: [], stopTimeoutMs: 3000 })],
    [
      [0, hook('rails'), hook('podusher')],
      [5200, gone('rails')],
    ],
    ['4000 stopped worker: assumed', '5300 stopped rails: seen', '5300 answer podusher: all others stopped'],
  ],
  [
    'a container has never listened',
    [container('rails'), container('statsd', { critical: false })],
    [
      [0, hook('rails'), hook('podusher'), gone('statsd')],
      [5200, gone('statsd', 'rails')],
    ],
    ['100 stopped statsd: seen', '5300 stopped rails: seen', '5300 answer podusher: all others stopped'],
  ],
  [
    'a container exits by itself, though nothing was asked of it',
    [container('rails'), container('web')],
    [
      [0, hook('rails'), hook('podusher')],
      [2000, gone('web')],
      [5200, gone('web', 'rails')],
    ],
    ['2100 stopped web: seen', '5300 stopped rails: seen', '5300 answer podusher: all others stopped'],
  ],
  [
    'a container has no hook and goes on listening: the agent waits to the end',
    [container('rails'), container('web')],
    [
      [0, hook('rails'), hook('podusher')],
      [5200, gone('rails')],
    ],
    ['5300 stopped rails: seen', '30000 stopped web: time', '30000 answer podusher: its time is up'],
  ],
  [
    'a native sidecar is declared before the agent: the kubelet stops it later, so nobody waits for it',
    [container('rails'), container('mesh', { kind: 'native-sidecar-before-agent', sidecarIndex: 0 })],
    [
      [0, hook('rails'), hook('mesh'), hook('podusher')],
      [5200, gone('rails')],
    ],
    ['5300 stopped rails: seen', '5300 answer podusher: all others stopped', '30000 stopped mesh: time'],
  ],
  [
    'a native sidecar is declared after the agent: the agent outlives it',
    [container('rails'), container('mesh', { kind: 'native-sidecar-after-agent', sidecarIndex: 1 })],
    [
      [0, hook('rails'), hook('mesh'), hook('podusher')],
      [5200, gone('rails')],
      [9000, gone('rails', 'mesh')],
    ],
    ['5300 stopped rails: seen', '9100 stopped mesh: seen', '9100 answer podusher: all others stopped'],
  ],
  [
    'everybody has gone before the drain has ended',
    [container('rails', { dependsOn: ['auth'] }), container('auth')],
    [
      [0, hook('rails'), hook('podusher'), gone('auth'), sockets({ arrivals: 'arriving' })],
      [5200, gone('auth', 'rails')],
    ],
    ['100 stopped auth: seen', '5300 stopped rails: seen', '5300 answer podusher: all others stopped'],
  ],
];

for (const [when, containers, scenes, lines] of ENDS) {
  test(`noteStopped() holds the agent no longer when ${when}`, () => {
    const told = tell(pod(containers), scenes, 30_000);
    const seen = told.lines.filter(line => line.includes(' stopped ') || line.includes('answer podusher'));
    assert.deepEqual(seen, lines);
  });
}

test('noteStopped() does not take a native sidecar without ports and hook for stopped while regular containers run', () => {
  for (const kind of ['native-sidecar-before-agent', 'native-sidecar-after-agent'] as const) {
    const settings = pod([
      container('rails', { dependsOn: ['auth'] }),
      container('auth', { ports: [], stopTimeoutMs: 0, kind, sidecarIndex: 0 }),
    ]);
    const busy = sockets({ inFlight: requests(1, 0) });
    const told = tell(
      settings,
      [
        [0, hook('rails'), hook('podusher'), busy],
        [9000, sockets({ inFlight: requests(0, 0, { oldestBegunAt: undefined }) })],
      ],
      9500,
    );
    assert.deepEqual(told.answers, ['9000 rails: drain over'], kind);
    assert.deepEqual(
      blockersOf(tell(settings, [[0, hook('rails'), hook('podusher'), busy]], 4000).state),
      [],
      kind,
    );
  }
});

test('dependency-gone is told when a dependency has gone before its dependents', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails'), hook('podusher')],
      [1000, gone('auth')],
    ],
    6000,
  );
  const entry = told.entries.find(({ type }) => type === 'dependency-gone');
  assert.deepEqual(entry, {
    at: T + 1100,
    type: 'dependency-gone',
    container: 'auth',
    dependents: ['rails'],
  });
});

test('dependency-gone is not told when its dependents have gone with it', () => {
  const told = tell(
    railsAndAuth,
    [
      [0, hook('rails'), hook('podusher')],
      [1000, gone('auth', 'rails')],
    ],
    6000,
  );
  assert.ok(!told.entries.some(({ type }) => type === 'dependency-gone'));
});

test('step() leaves when SIGTERM has come before the own hook was answered, and nobody is left', () => {
  const scenes: Scene[] = [
    [0, hook('rails'), hook('auth'), hook('podusher'), sockets({ inFlight: requests(1, 0) })],
    [1000, SIGTERM],
    [1200, gone('auth')],
  ];
  const early = tell(railsAndAuth, scenes, 1900);
  assert.ok(!early.lines.some(line => line.endsWith(' exit')), 'rails is there');
  const told = tell(railsAndAuth, [...scenes, [2000, gone('auth', 'rails')]], 2500);
  assert.deepEqual(told.answers.toSorted(), [
    '2100 auth: agent leaves',
    '2100 podusher: agent leaves',
    '2100 rails: agent leaves',
  ]);
  assert.equal(told.lines.at(-1), '2100 exit');
});

test('nothing is told of a container without a name when a bare hook was released', () => {
  const told = tell(railsAndAuth, [[0, hook(null), hook('podusher')]]);
  const nameless = told.entries.filter(entry => 'container' in entry && entry.container === '');
  assert.deepEqual(nameless, []);
});

test('dependency-gone is not told of a dependency whose time is up: it may be there', () => {
  const settings = pod([
    container('rails', { dependsOn: ['auth'] }),
    container('auth', { stopTimeoutMs: 0 }),
  ]);
  const told = tell(settings, [[0, hook('rails'), hook('auth'), hook('podusher')]], 31_000);
  assert.ok(told.entries.some(({ type }) => type === 'stopped'));
  assert.ok(told.entries.every(({ type }) => type !== 'dependency-gone'));
});
