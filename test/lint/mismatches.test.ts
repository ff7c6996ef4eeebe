import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHECKS } from '../../lib/lint/mismatches.ts';
import type { AgentContainer } from '../../lib/lint/subject.ts';
import { found } from './good-pod.ts';

const HOOK = (name: string): string =>
  `      lifecycle: {preStop: {httpGet: {path: "/drain?container=${name}", port: 8866}}}\n`;
const PRE_STOP = (name: string): string => `spec.containers[${name}].lifecycle.preStop`;
const WANTED = (name: string): string => `accepted: httpGet, path /drain?container=${name}, port 8866`;
const UNSEEN =
  'stays on the container, and podusher knows no port of auth, so it cannot measure what is in flight in it';
const PROBE = 'spec.initContainers[podusher].readinessProbe';

type Case = readonly [
  check: keyof typeof CHECKS,
  changes: Readonly<Record<string, string>>,
  mismatch: string | readonly string[],
  agent?: Partial<AgentContainer>,
];

const CASES: readonly Case[] = [
  [
    'podusher is called by its own name',
    { 'container=podusher': 'container=usher' },
    [
      'spec.initContainers[podusher].name: podusher takes itself for "usher"; accepted: that name, or --name=podusher',
      'metadata.annotations[podusher.dev/native-sidecars]: "podusher" is no container in podusher.dev/containers; accepted: rails, auth, statsd',
    ],
    { environment: { PODUSHER_NAME: 'usher' } },
  ],
  [
    'the annotations reach podusher',
    { 'mountPath: /etc/podinfo/': 'mountPath: /etc/pod' },
    'spec.initContainers[podusher].volumeMounts: brings no annotations to "/etc/podinfo/annotations"; accepted: a downwardAPI volume with the item metadata.annotations',
  ],
  [
    'the annotations reach podusher',
    { 'fieldPath: metadata.annotations': 'fieldPath: metadata.labels' },
    'spec.initContainers[podusher].volumeMounts: brings no annotations to "/etc/podinfo/annotations"; accepted: a downwardAPI volume with the item metadata.annotations',
  ],
  [
    'the annotations have no problem',
    { 'depends-on.podusher.dev/rails: auth': 'depends-on.podusher.dev/rails: auht' },
    'metadata.annotations[depends-on.podusher.dev/rails]: "auht" is no container in podusher.dev/containers (did you mean "auth"?); accepted: rails, auth, statsd',
  ],
  [
    'the annotations have no problem',
    { 'depends-on.podusher.dev/rails: auth': 'stop-timeout.podusher.dev/rails: 18s' },
    'metadata.annotations: grace-period 20s − rails 18s leaves the drain 2s, less than drain-min 5s; shorten drain-min or a stop-timeout, or raise grace-period and terminationGracePeriodSeconds to 23s',
  ],
  [
    'the annotations have no problem',
    { 'podusher.dev/non-critical': 'podushr.dev/non-critical' },
    'metadata.annotations[podushr.dev/non-critical]: Not podusher\'s; did you mean "podusher.dev/non-critical"?',
  ],
  [
    'every container calls podusher before it stops, as itself',
    { [HOOK('rails')]: '' },
    `${PRE_STOP('rails')}: is missing, so nothing holds rails back; ${WANTED('rails')}`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { [HOOK('podusher')]: '' },
    `spec.initContainers[podusher].lifecycle.preStop: is missing: without podusher's own hook a termination looks like restarts; ${WANTED('podusher')}`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { 'container=rails"': 'container=rials"' },
    `${PRE_STOP('rails')}.httpGet.path: "rials" is not this container; accepted: /drain?container=rails`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { '?container=rails"': '?containre=rails"' },
    `${PRE_STOP('rails')}.httpGet.path: has the unknown parameter "containre" (did you mean "container"?); accepted: /drain?container=rails`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { '?container=rails"': '"' },
    `${PRE_STOP('rails')}.httpGet.path: does not say whose hook it is; accepted: /drain?container=rails`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { '/drain?container=rails"': '/drian?container=rails"' },
    `${PRE_STOP('rails')}.httpGet.path: "/drian?container=rails" is not podusher's; accepted: /drain?container=rails`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { 'container=rails", port: 8866': 'container=rails", port: 8868' },
    `${PRE_STOP('rails')}.httpGet.port: 8868 is not podusher's port; accepted: 8866`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { 'container=rails", port: 8866': 'container=rails", port: 8866, scheme: HTTPS' },
    `${PRE_STOP('rails')}.httpGet.scheme: podusher does not speak HTTPS; accepted: HTTP`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { 'container=auth"': 'container=auth-2"' },
    `${PRE_STOP('auth')}: runs a command that does not call podusher; ${WANTED('auth')}`,
  ],
  [
    'every container calls podusher before it stops, as itself',
    { [HOOK('statsd')]: '      lifecycle: {preStop: {sleep: {seconds: 5}}}\n' },
    `${PRE_STOP('statsd')}: does not call podusher; ${WANTED('statsd')}`,
  ],
  [
    'podusher knows the grace period',
    { 'terminationGracePeriodSeconds: 20': 'terminationGracePeriodSeconds: 15' },
    'metadata.annotations[podusher.dev/grace-period]: 20s is not terminationGracePeriodSeconds, 15s; accepted: 15s',
  ],
  [
    'podusher knows the grace period',
    { 'terminationGracePeriodSeconds: 20': '' },
    "metadata.annotations[podusher.dev/grace-period]: 20s is not terminationGracePeriodSeconds, 30s; accepted: 30s, or less where a node's shutdown has less",
  ],
  [
    'podusher knows the grace period',
    { '    podusher.dev/grace-period: 20s\n': '' },
    'metadata.annotations[podusher.dev/grace-period]: 30s is not terminationGracePeriodSeconds, 20s; accepted: 20s',
  ],
  [
    'podusher knows the grace period',
    {},
    'spec.initContainers[podusher].args: 25s is not terminationGracePeriodSeconds, 20s; accepted: 20s',
    { flags: new Map([['grace-period', '25s']]) },
  ],
  [
    'podusher knows the containers',
    { 'rails,auth,statsd': 'rails,auth,statsd,cron' },
    'metadata.annotations[podusher.dev/containers]: "cron" is none of the pod\'s other containers; accepted: rails,auth,statsd',
  ],
  [
    'podusher knows the containers',
    {
      '    podusher.dev/containers: rails,auth,statsd\n': '',
      'podusher.dev/non-critical: statsd': 'podusher.dev/non-critical: statd',
    },
    'metadata.annotations: "statd" is none of the pod\'s other containers (did you mean "statsd"?); accepted: rails,auth,statsd',
  ],
  [
    'podusher knows the native sidecars, in order',
    { '    podusher.dev/native-sidecars: podusher\n': '' },
    'metadata.annotations[podusher.dev/native-sidecars]: is missing; accepted: podusher',
  ],
  [
    'podusher knows the native sidecars, in order',
    { '      restartPolicy: Always\n': '' },
    'metadata.annotations[podusher.dev/native-sidecars]: "podusher" is not what initContainers has; accepted: no such annotation',
  ],
  [
    "the pod's readiness is podusher's, every second",
    { ', periodSeconds: 1,': ',' },
    `${PROBE}.periodSeconds: is 10, so a verdict reaches the Service late; accepted: 1`,
  ],
  [
    "the pod's readiness is podusher's, every second",
    { 'failureThreshold: 1': 'failureThreshold: 2' },
    `${PROBE}.failureThreshold: is 2, so a verdict reaches the Service late; accepted: 1`,
  ],
  [
    "the pod's readiness is podusher's, every second",
    { 'path: /ready,': 'path: /livez,' },
    `${PROBE}.httpGet.path: "/livez" does not tell the pod's readiness; accepted: /ready`,
  ],
  [
    "the pod's readiness is podusher's, every second",
    { 'path: /ready, port: 8866': 'path: /ready, port: 8080' },
    `${PROBE}.httpGet.port: 8080 is not podusher's port; accepted: 8866`,
  ],
  [
    "the pod's readiness is podusher's, every second",
    {
      '      readinessProbe: {httpGet: {path: /ready, port: 8866}, periodSeconds: 1, failureThreshold: 1}\n':
        '',
    },
    `${PROBE}: is missing, so the pod is Ready whatever podusher knows; accepted: httpGet, path /ready, port 8866, every second`,
  ],
  [
    'no container keeps a readiness probe that is to be moved',
    { '    - name: rails\n': '    - name: rails\n      readinessProbe: {tcpSocket: {port: 3000}}\n' },
    'spec.containers[rails].readinessProbe: is there beside the annotation readiness-probe.podusher.dev/rails; accepted: the annotation alone',
  ],
  [
    'no container keeps a readiness probe that is to be moved',
    { '    - name: statsd\n': '    - name: statsd\n      readinessProbe: {tcpSocket: {port: 8125}}\n' },
    'spec.containers[statsd].readinessProbe: makes the pod NotReady, though statsd is non-critical; accepted: the annotation readiness-probe.podusher.dev/statsd instead',
  ],
  [
    'no container keeps a readiness probe that is to be moved',
    { 'exec: {command: [check]}': 'httpGet: {path: /, port: 4000}' },
    `spec.containers[auth].readinessProbe: ${UNSEEN}; accepted: the annotation readiness-probe.podusher.dev/auth instead, or the annotation ports.podusher.dev/auth beside it`,
  ],
  [
    'no container keeps a readiness probe that is to be moved',
    { '    - name: auth\n': '    - name: auth\n      ports: [{containerPort: 4000}]\n' },
    `spec.containers[auth].readinessProbe: ${UNSEEN}; accepted: the annotation ports.podusher.dev/auth beside it`,
  ],
];

describe('findMismatches()', () => {
  it('finds none in a pod in which everything fits', () => {
    assert.deepEqual(found({}), []);
  });

  for (const [check, changes, mismatch, agent] of CASES) {
    it(`says ${[mismatch].flat().join(' | ')}`, () => {
      assert.deepEqual(found(changes, agent), [mismatch].flat());
      assert.ok(check in CHECKS);
    });
  }

  it('finds what each of the checks is for', () => {
    assert.deepEqual(new Set(CASES.map(([check]) => check)), new Set(Object.keys(CHECKS)));
  });
});
