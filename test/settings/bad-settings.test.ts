import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../lib/settings/problem.ts';
import { read, settingsOf, type Texts } from './reading.ts';

const bad: readonly [title: string, annotations: Texts, problems: readonly RegExp[]][] = [
  [
    'values are bad',
    { 'podusher.dev/drain-min': '5 seconds', 'ports.podusher.dev/rails': '0,x' },
    [
      /^annotation podusher\.dev\/drain-min: "5 seconds" is not a duration; accepted: 1m30s, 500ms, 0s to 1h$/,
      /^annotation ports\.podusher\.dev\/rails: "0" is not a port/,
      /^annotation ports\.podusher\.dev\/rails: "x" is not a port/,
    ],
  ],
  [
    'keys are unknown',
    {
      'podusher.dev/drain-mn': '5s',
      'podusher.dev/unheard-of': '5s',
      'podusher.dev/port': '80',
      'podusher.dev/stop-timeout': '5s',
      'podusher.dev/stop-timeout.rails': '5s',
      'drain-min.podusher.dev/rails': '5s',
      'stop-timout.podusher.dev/rails': '5s',
      'stop-timeout.podusher.dev/Rails': '5s',
      'a.b.podusher.dev/rails': '5s',
      'podushr.dev/non-critical': 'statsd',
      'depends-on.podhuser.dev/rails': 'auth',
      'podusherdev/drain-min': '5s',
    },
    [
      /drain-mn: Not a setting \(did you mean "drain-min"\?\); accepted: non-critical, /,
      /unheard-of: Not a setting; accepted: /,
      /port: Not an annotation but the agent's own; set it by --port/,
      /stop-timeout: Not a setting; did you mean "stop-timeout\.podusher\.dev\/CONTAINER"\?$/,
      /stop-timeout\.rails: Not a setting; did you mean "stop-timeout\.podusher\.dev\/rails"\?$/,
      /Not a setting of one container; "podusher\.dev\/drain-min" sets it for the whole pod$/,
      /stop-timout\.podusher\.dev\/rails: Not a setting \(did you mean "stop-timeout"\?\)/,
      /"Rails" is not a container's name/,
      /a\.b\.podusher\.dev\/rails: Not a setting; accepted: readiness-probe, /,
      /podushr\.dev\/non-critical: Not podusher's; did you mean "podusher\.dev\/non-critical"\?$/,
      /Not podusher's; did you mean "depends-on\.podusher\.dev\/rails"\?$/,
      /Not podusher's; did you mean "podusher\.dev\/drain-min"\?$/,
    ],
  ],
  [
    'names are of no container',
    {
      'podusher.dev/containers': 'rails,auth',
      'podusher.dev/non-critical': 'raisl',
      'podusher.dev/native-sidecars': 'envoy,podusher',
      'depends-on.podusher.dev/rails': 'auht',
      'ports.podusher.dev/web': '80',
    },
    [
      /non-critical: "raisl" is no container in podusher\.dev\/containers \(did you mean "rails"\?\); accepted: rails, auth$/,
      /native-sidecars: "envoy" is no container .*; accepted: rails, auth$/,
      /depends-on\.podusher\.dev\/rails: "auht" is no .*did you mean "auth"\?/,
      /ports\.podusher\.dev\/web: "web" is no container/,
    ],
  ],
  [
    'the agent is named where it must not be',
    {
      'podusher.dev/containers': 'rails,podusher',
      'podusher.dev/non-critical': 'podusher',
      'depends-on.podusher.dev/rails': 'podusher',
      'stop-timeout.podusher.dev/podusher': '1s',
    },
    [
      /containers: "podusher" is the agent itself, and only the others are named here; leave it out$/,
      /non-critical: "podusher" is the agent itself, which is always critical/,
      /depends-on\.podusher\.dev\/rails: "podusher" is the agent itself, which is always the last to stop/,
      /stop-timeout\.podusher\.dev\/podusher: "podusher" is the agent itself/,
    ],
  ],
  [
    'dependencies run in a circle',
    { 'depends-on.podusher.dev/a': 'b', 'depends-on.podusher.dev/b': 'a' },
    [/^annotation depends-on\.podusher\.dev\/a: a → b → a is a cycle/],
  ],
  [
    'the order contradicts the kubelet',
    { 'podusher.dev/native-sidecars': 'auth,podusher,log', 'depends-on.podusher.dev/auth': 'rails,log' },
    [
      /"rails" cannot outlive "auth": the kubelet stops native sidecars such as "auth" only after all regular/,
      /"log" cannot outlive "auth": the kubelet stops native sidecars in reverse order of declaration, "log" before/,
    ],
  ],
  [
    'the budget does not fit',
    {
      'depends-on.podusher.dev/rails': 'auth',
      'stop-timeout.podusher.dev/auth': '5s',
      'stop-timeout.podusher.dev/rails': '25s',
    },
    [/^budget: grace-period 30s − auth 5s − rails 25s leaves the drain 0s, less than drain-min 5s; /],
  ],
  [
    "a container is given the agent's port",
    { 'ports.podusher.dev/a': '80,8866', 'readiness-probe.podusher.dev/b': 'tcp://:8866' },
    [
      /ports\.podusher\.dev\/a: 8866 is the agent's own port/,
      /readiness-probe\.podusher\.dev\/b: 8866 is the/,
    ],
  ],
];

for (const [title, annotations, expected] of bad) {
  test(`readSettings() tells every problem at once when ${title}`, () => {
    const { settings, startProblems, annotationProblems, agent } = read(annotations, { port: '8866' });
    assert.equal(settings, undefined);
    assert.deepEqual(startProblems, []);
    assert.equal(agent.port, 8866);
    const problems = annotationProblems.map(formatProblem);
    assert.equal(problems.length, expected.length, problems.join('\n'));
    for (const problem of expected)
      assert.ok(
        problems.some(text => problem.test(text)),
        `${problem} in\n${problems.join('\n')}`,
      );
  });
}

test('readSettings() does no arithmetic with a default in the place of a bad value', () => {
  const { annotationProblems } = read({
    'podusher.dev/grace-period': 'a minute',
    'podusher.dev/drain-min': '40s',
  });
  assert.equal(annotationProblems.length, 1);
});

test('readSettings() tells bad flags and variables apart from bad annotations', () => {
  const { startProblems, annotationProblems, agent, drainMinMs } = read(
    { 'podusher.dev/drain-min': '7s', 'podusher.dev/drain-max': 'x' },
    { 'drain-min': 'x', port: '0', 'log-level': 'loud' },
    { PODUSHER_READY_DURING_DRAIN: 'no', PODUSHER_DRAIN_MN: '1s', PODUSHER_TOKEN: 'with space' },
  );
  assert.deepEqual(startProblems.map(({ source }) => source).sort(), [
    'flag --drain-min',
    'flag --log-level',
    'flag --port',
    'variable PODUSHER_DRAIN_MN',
    'variable PODUSHER_READY_DURING_DRAIN',
    'variable PODUSHER_TOKEN',
  ]);
  assert.deepEqual(
    annotationProblems.map(({ source }) => source),
    ['annotation podusher.dev/drain-max'],
  );
  assert.deepEqual([agent.port, drainMinMs], [8866, 7000]);
});

test('readSettings() counts a contradiction among good flags with the annotations, for one can mend it', () => {
  const flags = { 'grace-period': '8s' };
  const { startProblems, annotationProblems } = read({}, flags);
  assert.deepEqual([startProblems.length, annotationProblems.length], [0, 1]);
  settingsOf(read({ 'podusher.dev/drain-min': '1s' }, flags));
});

test('readSettings() never shows a bad token, and refuses one given twice', () => {
  const twice = read({}, { 'token-file': '/token' }, { PODUSHER_TOKEN: 'sesame' });
  assert.deepEqual(twice.startProblems.map(formatProblem), [
    'variable PODUSHER_TOKEN: Given together with --token-file; give one of them',
  ]);
  const empty = read({}, {}, { PODUSHER_TOKEN: '' });
  assert.equal(empty.startProblems.length, 1, 'an empty secret does not open /drain');
  const secret = JSON.stringify(read({}, {}, { PODUSHER_TOKEN: 'open sesame' }).startProblems);
  assert.doesNotMatch(secret, /sesame/);
});

test('readSettings() refuses more containers than a pod can have, without looking closer', () => {
  const keys = Array.from({ length: 5000 }, (_, index) => [
    `depends-on.podusher.dev/c${index}`,
    `c${index + 1}`,
  ]);
  const { annotationProblems } = read(Object.fromEntries(keys));
  assert.deepEqual(annotationProblems.map(formatProblem), [
    'annotations: 5001 containers are named; accepted: at most 100',
  ]);
});
