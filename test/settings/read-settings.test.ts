import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAgentSettings } from '../../lib/settings/agent-settings.ts';
import type { SettingsReading } from '../../lib/settings/read-settings.ts';
import type { Container } from '../../lib/settings/settings.ts';
import { read, settingsOf } from './reading.ts';

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

test('readSettings() takes the agent among the native sidecars, and not for one of the others', () => {
  const settings = settingsOf(read({ 'podusher.dev/native-sidecars': 'usher,log' }, { name: 'usher' }));
  assert.equal(settings.self, 'usher');
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
