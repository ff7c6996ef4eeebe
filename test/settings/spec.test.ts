/** What the pod's spec says, where the API tells it: after annotations, before defaults. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings, type SettingsReading } from '../../lib/settings/read-settings.ts';

type Texts = Readonly<Record<string, string>>;

const SPEC: Texts = {
  'podusher.dev/containers': 'proxy,rails,auth',
  'podusher.dev/native-sidecars': 'proxy,podusher',
  'podusher.dev/grace-period': '1m',
  'ports.podusher.dev/proxy': '15021',
  'ports.podusher.dev/rails': '3000',
};

function read(annotations: Texts, spec: Texts = SPEC, flags: Texts = {}): SettingsReading {
  return readSettings({
    flags: new Map(Object.entries(flags)),
    environment: {},
    annotations: new Map(Object.entries(annotations)),
    spec: new Map(Object.entries(spec)),
  });
}

function problemsOf(reading: SettingsReading): string[] {
  return [...reading.startProblems, ...reading.annotationProblems].map(formatProblem);
}

test("readSettings() takes the pod's spec for what nobody set by hand", () => {
  const { settings } = read({ 'depends-on.podusher.dev/rails': 'auth' });
  assert.ok(settings);
  assert.deepEqual(
    settings.containers.map(({ name, kind, ports }) => [name, kind, ports]),
    [
      ['proxy', 'native-sidecar-before-agent', [15_021]],
      ['rails', 'regular', [3000]],
      ['auth', 'regular', []],
    ],
  );
  assert.deepEqual([settings.complete, settings.gracePeriodMs], [true, 60_000]);
});

test("readSettings() takes flags and annotations before the pod's spec", () => {
  const grace = { 'podusher.dev/grace-period': '40s' };
  assert.equal(read(grace).settings?.gracePeriodMs, 40_000);
  assert.equal(read(grace, SPEC, { 'grace-period': '50s' }).settings?.gracePeriodMs, 50_000);
  const annotations = {
    'podusher.dev/containers': 'rails',
    'readiness-probe.podusher.dev/rails': 'http://:8080/healthz',
  };
  const [rails, ...others] = read(annotations).settings?.containers ?? [];
  assert.deepEqual(
    [rails?.ports, others],
    [[8080], []],
    "the annotated probe's port, and the annotated list",
  );
});

test("readSettings() knows every name from the pod's spec, so that a misspelt one is a problem", () => {
  assert.match(
    problemsOf(read({ 'depends-on.podusher.dev/rials': 'auth' })).join(),
    /"rials".*did you mean "rails"/,
  );
});

test("readSettings() checks the order by the pod's spec", () => {
  const spec = { ...SPEC, 'podusher.dev/native-sidecars': 'podusher,auth,proxy' };
  assert.match(
    problemsOf(read({ 'depends-on.podusher.dev/auth': 'proxy' }, spec)).join(),
    /"proxy" cannot outlive "auth"/,
  );
});

const CONTRADICTIONS: readonly [title: string, annotations: Texts, problem: string | undefined][] = [
  ['fewer containers are named', { 'podusher.dev/containers': 'rails' }, undefined],
  [
    'a container is named that the pod does not have',
    { 'podusher.dev/containers': 'rails,auht' },
    'annotation podusher.dev/containers: The pod has no container "auht"; accepted: proxy, rails, auth',
  ],
  ['the same sidecars are named', { 'podusher.dev/native-sidecars': 'proxy,podusher' }, undefined],
  ['the agent alone is named', { 'podusher.dev/native-sidecars': 'podusher' }, undefined],
  [
    'the order is another',
    { 'podusher.dev/native-sidecars': 'podusher,proxy' },
    "annotation podusher.dev/native-sidecars: The pod's spec declares proxy, podusher, in this order; accepted: proxy,podusher",
  ],
  [
    'a regular container is called a sidecar',
    { 'podusher.dev/native-sidecars': 'podusher,rails' },
    "annotation podusher.dev/native-sidecars: The pod's spec declares proxy, podusher, in this order; accepted: podusher",
  ],
  [
    'the agent is not said to be one',
    { 'podusher.dev/native-sidecars': 'proxy' },
    "annotation podusher.dev/native-sidecars: The pod's spec declares proxy, podusher, in this order; accepted: proxy,podusher",
  ],
];

for (const [title, annotations, problem] of CONTRADICTIONS) {
  test(`specProblems() has ${problem === undefined ? 'nothing to say' : 'a problem'} when ${title}`, () => {
    assert.deepEqual(problemsOf(read(annotations)), problem === undefined ? [] : [problem]);
  });
}

test('specProblems() has nothing to say when the API tells nothing', () => {
  const annotations = { 'podusher.dev/containers': 'rails', 'podusher.dev/native-sidecars': 'rails' };
  assert.deepEqual(problemsOf(read(annotations, {})), []);
});
