import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readAgentSettings } from '../../lib/settings/agent-settings.ts';
import { budget } from '../../lib/settings/budget.ts';
import { findCycles } from '../../lib/settings/order.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings, type SettingsReading } from '../../lib/settings/read-settings.ts';
import type { Container, Settings } from '../../lib/settings/settings.ts';

type Texts = Readonly<Record<string, string>>;

function read(annotations: Texts, flags: Texts = {}, environment: Texts = {}): SettingsReading {
  const maps = { flags: new Map(Object.entries(flags)), annotations: new Map(Object.entries(annotations)) };
  return readSettings({ ...maps, environment });
}

function settingsOf(reading: SettingsReading): Settings {
  const problems = [...reading.startProblems, ...reading.annotationProblems].map(formatProblem);
  assert.ok(reading.settings !== undefined, problems.join('\n'));
  return reading.settings;
}

function containerOf(reading: SettingsReading, name: string): Container {
  const container = settingsOf(reading).containers.find(other => other.name === name);
  assert.ok(container !== undefined, name);
  return container;
}

test('readSettings() gives the defaults of the table when nothing is given', () => {
  const reading = read({
    'prometheus.io/scrape': 'true',
    'podusher.example.com/owner': 'shop',
    plain: '1',
    'podusher.dev/selector': 'app=web',
  });
  assert.deepEqual(settingsOf(reading), {
    self: 'podusher',
    selfIsNativeSidecar: false,
    containers: [],
    complete: false,
    readyDuringDrain: true,
    gracePeriodMs: 30_000,
    drainMinMs: 5000,
    drainSilenceMaxMs: 12_000,
    drainArrivalsMaxMs: 20_000,
    drainKeptMaxMs: 5000,
    drainDoubtMs: 5000,
    drainMaxMs: undefined,
    restartDrainMaxMs: 5000,
  });
  assert.deepEqual(reading.agent, {
    name: 'podusher',
    port: 8866,
    listenAddress: '::',
    podIp: '127.0.0.1',
    annotationsFile: { path: '/etc/podinfo/annotations', required: false },
    token: undefined,
    logLevel: 'info',
    hostNetwork: false,
    outsideAddresses: undefined,
    podName: undefined,
    api: undefined,
  });
  assert.equal(reading.sources.size, 0);
});

test('readSettings() takes the flag before the variable before the annotation, and says which', () => {
  const annotation = { 'podusher.dev/drain-min': '1s' };
  const variable = { PODUSHER_DRAIN_MIN: '2s' };
  const flag = { 'drain-min': '3s' };
  const cases: readonly [SettingsReading, number, string][] = [
    [read(annotation), 1000, 'annotation podusher.dev/drain-min'],
    [read(annotation, {}, variable), 2000, 'variable PODUSHER_DRAIN_MIN'],
    [read(annotation, flag, variable), 3000, 'flag --drain-min'],
  ];
  for (const [reading, drainMinMs, source] of cases) {
    assert.equal(settingsOf(reading).drainMinMs, drainMinMs);
    assert.equal(reading.sources.get('drain-min'), source);
  }
});

test('readSettings() builds the containers in the order in which they are first named', () => {
  const reading = read({
    'depends-on.podusher.dev/rails': 'auth',
    'readiness-probe.podusher.dev/rails': 'http://:3000/healthz',
    'readiness-probe.podusher.dev/auth': 'tcp://10.0.0.9:4000',
    'ports.podusher.dev/statsd': '8125, 8126',
    'in-flight.podusher.dev/rails': 'connections',
    'podusher.dev/non-critical': 'statsd',
  });
  const { containers, complete } = settingsOf(reading);
  assert.deepEqual(
    containers.map(({ name }) => name),
    ['statsd', 'rails', 'auth'],
  );
  assert.equal(complete, false);
  const rails = containerOf(reading, 'rails');
  assert.deepEqual(rails.ports, [3000]);
  assert.deepEqual([rails.critical, rails.kind, rails.stopTimeoutMs], [true, 'regular', 5000]);
  assert.deepEqual([rails.inFlight, rails.drainAction], [{ type: 'connections' }, undefined]);
  const auth = containerOf(reading, 'auth');
  assert.deepEqual(
    [auth.stopTimeoutMs, auth.ports],
    [0, []],
    'others depend on it; its probe goes to another host',
  );
  const statsd = containerOf(reading, 'statsd');
  assert.deepEqual([statsd.critical, statsd.ports], [false, [8125, 8126]]);
});

function kinds(nativeSidecars: string): string[] {
  const annotations = {
    'podusher.dev/native-sidecars': nativeSidecars,
    'podusher.dev/containers': 'auth,log,rails',
  };
  return settingsOf(read(annotations)).containers.map(({ kind, sidecarIndex }) => `${kind} ${sidecarIndex}`);
}

test('readSettings() tells native sidecars before the agent from those after it', () => {
  assert.deepEqual(kinds('auth,podusher,log'), [
    'native-sidecar-before-agent 0',
    'native-sidecar-after-agent 2',
    'regular undefined',
  ]);
  assert.deepEqual(kinds('log,auth'), [
    'native-sidecar-before-agent 1',
    'native-sidecar-before-agent 0',
    'regular undefined',
  ]);
});

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

test('readSettings() takes the agent among the native sidecars, and not for one of the others', () => {
  const settings = settingsOf(read({ 'podusher.dev/native-sidecars': 'usher,log' }, { name: 'usher' }));
  assert.deepEqual([settings.self, settings.selfIsNativeSidecar], ['usher', true]);
  assert.deepEqual(
    settings.containers.map(({ name }) => name),
    ['log'],
  );
});

test('readSettings() takes an order that the kubelet keeps', () => {
  const declared = { 'podusher.dev/native-sidecars': 'auth,podusher,log' };
  settingsOf(
    read({ ...declared, 'depends-on.podusher.dev/rails': 'auth,log', 'depends-on.podusher.dev/log': 'auth' }),
  );
});

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

test('readSettings() ignores the variables that Kubernetes makes of a Service called podusher', () => {
  const reading = read(
    {},
    {},
    {
      PODUSHER_PORT: 'tcp://10.0.0.7:8866',
      PODUSHER_PORT_8866_TCP: 'tcp://10.0.0.7:8866',
      PODUSHER_PORT_8866_TCP_ADDR: '10.0.0.7',
      PODUSHER_SERVICE_HOST: '10.0.0.7',
      PODUSHER_SERVICE_PORT: '8866',
      PODUSHER_POD_PORT: 'tcp://10.0.0.8:80',
    },
  );
  assert.equal(settingsOf(reading).self, 'podusher');
  assert.equal(reading.agent.port, 8866);
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

test('readAgentSettings() says whether the file of annotations was asked for, and where the token is', () => {
  const given = readAgentSettings({
    flags: new Map([['annotations-file', '/a']]),
    environment: { PODUSHER_TOKEN: 't' },
  });
  assert.deepEqual(given.annotationsFile, { path: '/a', required: true });
  assert.deepEqual(given.token, { type: 'value', value: 't' });
  const file = readAgentSettings({ flags: new Map(), environment: { PODUSHER_TOKEN_FILE: '/t' } });
  assert.deepEqual(file.token, { type: 'file', path: '/t' });
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

const GOOD: readonly [key: string, values: readonly string[]][] = [
  ['podusher.dev/containers', ['a,b,c', 'c,b,a', '']],
  ['podusher.dev/native-sidecars', ['', 'a', 'podusher,a', 'b,podusher,a']],
  ['podusher.dev/non-critical', ['', 'a', 'b,a']],
  ['podusher.dev/drain-min', ['0s', '3s', '20s']],
  ['podusher.dev/drain-max', ['3s', '20s']],
  ['podusher.dev/grace-period', ['10s', '1m']],
  ['depends-on.podusher.dev/a', ['', 'b', 'b,c', 'a']],
  ['depends-on.podusher.dev/b', ['c', 'a']],
  ['stop-timeout.podusher.dev/b', ['0s', '7s']],
  ['ports.podusher.dev/c', ['80', '8866']],
  ['readiness-probe.podusher.dev/c', ['tcp://:80', 'grpc://:50051']],
];
const noise = fc.string({ unit: 'binary' });
const pair = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...GOOD.flatMap(([key, values]) => values.map(value => [key, value] as const)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(...GOOD.map(([key]) => key), 'x.podusher.dev/B', 'podusher.dev/'),
      noise,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(noise, noise) },
);

test('readSettings() gives settings or problems, whatever the texts, and the settings keep their promises', () => {
  const outcomes = { good: 0, bad: 0 };
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 5 }),
      fc.constantFrom('info', 'debug', 'warn', 'loud'),
      (pairs, level) => {
        const { settings, startProblems, annotationProblems, drainMinMs } = read(Object.fromEntries(pairs), {
          'log-level': level,
        });
        assert.equal(settings === undefined, startProblems.length + annotationProblems.length > 0);
        assert.ok(drainMinMs >= 0);
        outcomes[settings === undefined ? 'bad' : 'good'] += 1;
        if (settings === undefined) return;
        const names = settings.containers.map(({ name }) => name);
        assert.equal(new Set([...names, settings.self]).size, names.length + 1);
        for (const { dependsOn, ports } of settings.containers) {
          assert.ok(dependsOn.every(other => names.includes(other)));
          assert.ok(!ports.includes(8866));
        }
        assert.deepEqual(findCycles(settings.containers), []);
        assert.ok(budget(settings).drainMaxMs >= settings.drainMinMs);
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(Math.min(outcomes.good, outcomes.bad) > 200, JSON.stringify(outcomes));
});
