import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePod } from '../../lib/publisher/pod.ts';
import { isServing } from '../../lib/publisher/verdict.ts';
import { type ContainerParts, type PodParts, podObject } from './objects.ts';
import { must } from './server.ts';

const up = (name: string, rest: object = {}): ContainerParts => ({ name, ready: true, ...rest });
const down = (name: string, rest: object = {}): ContainerParts => ({ name, ready: false, ...rest });
const STATSD = { 'podusher.dev/non-critical': 'statsd' };

/** Whether it serves on a node that is there, and on one that is lost. */
const VERDICTS: readonly [
  title: string,
  pod: Omit<PodParts, 'name'>,
  there: boolean,
  lost: boolean,
  why: string,
][] = [
  ['all is ready', {}, true, true, 'ready'],
  [
    'its statsd is down and critical',
    { containers: [up('rails'), down('statsd')] },
    false,
    false,
    'its Ready',
  ],
  [
    'its statsd is down and non-critical',
    { containers: [up('rails'), down('statsd')], annotations: STATSD },
    true,
    false,
    'statsd',
  ],
  [
    'rails is down as well',
    { containers: [down('rails'), down('statsd')], annotations: STATSD },
    false,
    false,
    'rails',
  ],
  [
    'a native sidecar is down',
    { containers: [up('rails'), down('statsd'), down('proxy', { sidecar: true })], annotations: STATSD },
    false,
    false,
    'proxy',
  ],
  [
    'a non-critical native sidecar is down',
    {
      containers: [up('rails'), down('proxy', { sidecar: true })],
      annotations: { 'podusher.dev/non-critical': 'proxy' },
    },
    true,
    false,
    'proxy',
  ],
  [
    'its agent is down',
    { containers: [up('rails'), down('podusher')], annotations: STATSD },
    false,
    false,
    'podusher',
  ],
  [
    'its agent is down, and called non-critical',
    { containers: [up('rails'), down('podusher')], annotations: { 'podusher.dev/non-critical': 'podusher' } },
    false,
    false,
    'podusher',
  ],
  [
    'a gate is not true',
    { containers: [up('rails'), down('statsd')], annotations: STATSD, gate: false },
    false,
    false,
    'gate',
  ],
  [
    'a gate is true',
    { containers: [up('rails'), down('statsd')], annotations: STATSD, gate: true },
    true,
    false,
    'statsd',
  ],
  [
    'its deadline is over, which the kubelet says ahead of the phase',
    { containers: [up('rails'), down('statsd')], annotations: STATSD, ready: false, reason: 'PodFailed' },
    false,
    false,
    'ending',
  ],
  [
    'its node was lost: all is ready but the pod',
    { annotations: { 'podusher.dev/non-critical': '' }, ready: false },
    false,
    false,
    'whatever',
  ],
  [
    'its annotation cannot be read',
    { containers: [up('rails'), down('statsd')], annotations: { 'podusher.dev/non-critical': 'statsd,,' } },
    false,
    false,
    'statsd',
  ],
];

for (const [title, parts, there, lost, why] of VERDICTS) {
  test(`isServing() is ${there}, and ${lost} on a lost node, when ${title}`, () => {
    const { verdict } = must(parsePod(podObject({ name: 'web-0', ...parts })));
    assert.equal(isServing(verdict, { isReady: true }), there);
    assert.equal(isServing(verdict, { isReady: false }), lost);
    assert.equal(isServing(verdict, undefined), lost);
    if (title !== 'its statsd is down and critical') assert.match(JSON.stringify(verdict), new RegExp(why));
  });
}

test('judge() takes a container without a status for not ready', () => {
  const pod = Object(
    podObject({
      name: 'web-0',
      ready: false,
      annotations: STATSD,
      containers: [up('rails'), down('statsd')],
    }),
  );
  const none = must(parsePod({ ...pod, status: { ...pod.status, containerStatuses: [] } }));
  assert.deepEqual(none.verdict, { type: 'not-ready', because: 'rails is not ready' });
});

test('judge() goes by the Ready condition where no container is critical, and says so', () => {
  const annotations = { 'podusher.dev/non-critical': 'rails,statsd' };
  const containers = [up('rails'), down('statsd')];
  const alone = must(parsePod(podObject({ name: 'web-0', annotations, containers })));
  assert.equal(alone.verdict.type, 'not-ready');
  assert.match(alone.problems.join(), /It names every container of the pod; the Ready condition holds/);
  const ready = must(parsePod(podObject({ name: 'web-0', annotations, containers, ready: true })));
  assert.equal(ready.verdict.type, 'ready');
  const beside = [...containers, up('podusher')];
  const { verdict, problems } = must(parsePod(podObject({ name: 'web-0', annotations, containers: beside })));
  assert.deepEqual([verdict.type, problems], ['critical-ready', []], 'the agent is critical');
});

function problemsOf(nonCritical: string): readonly string[] {
  const annotations = { 'podusher.dev/non-critical': nonCritical };
  return must(parsePod(podObject({ name: 'web-0', annotations }))).problems;
}

test('judge() tells what is wrong with the annotation, in few words whatever it is', () => {
  assert.match(
    problemsOf('podusher').join(),
    /^Annotation podusher.dev\/non-critical: "podusher" is the agent itself, which/,
  );
  assert.match(problemsOf('statd').join(), /The pod has no container "statd"/);
  assert.match(
    problemsOf('a b').join(),
    /"a b" is not a container's name; .*; the Ready condition holds instead$/,
  );
  assert.match(
    problemsOf('é'.repeat(1_000_000)).join(),
    /longer than 8192 characters; the Ready condition holds instead$/,
  );
  const thousand = problemsOf(Array.from({ length: 1000 }, (_, index) => `c${index}`).join());
  assert.ok(thousand.length <= 10 && thousand.join().length < 1000, thousand.join());
});
