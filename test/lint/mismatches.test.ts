import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import { CHECKS, findMismatches } from '../../lib/lint/mismatches.ts';
import { type AgentContainer, createSubject } from '../../lib/lint/subject.ts';

/** A pod in which everything fits. */
const GOOD = `kind: Pod
metadata:
  annotations:
    podusher.dev/containers: rails,auth,statsd
    podusher.dev/native-sidecars: podusher
    podusher.dev/non-critical: statsd
    podusher.dev/grace-period: 20s
    readiness-probe.podusher.dev/rails: http://:3000/healthz
    depends-on.podusher.dev/rails: auth
spec:
  terminationGracePeriodSeconds: 20
  initContainers:
    - {name: migrate}
    - name: podusher
      restartPolicy: Always
      readinessProbe: {httpGet: {path: /ready, port: 8866}, periodSeconds: 1, failureThreshold: 1}
      lifecycle: {preStop: {httpGet: {path: "/drain?container=podusher", port: 8866}}}
      volumeMounts: [{name: podinfo, mountPath: /etc/podinfo/}]
  containers:
    - name: rails
      lifecycle: {preStop: {httpGet: {path: "/drain?container=rails", port: 8866}}}
    - name: auth
      readinessProbe: {exec: {command: [check]}}
      lifecycle: {preStop: {exec: {command: [sh, -c, "flush; curl localhost:8866/drain?container=auth"]}}}
    - name: statsd
      lifecycle: {preStop: {httpGet: {path: "/drain?container=statsd", port: 8866}}}
  volumes:
    - name: podinfo
      downwardAPI: {items: [{path: annotations, fieldRef: {fieldPath: metadata.annotations}}]}
`;

const AGENT: AgentContainer = { name: 'podusher', flags: new Map(), environment: {} };

/** @returns what does not fit once the texts are changed: `WHERE: MESSAGE`. */
function found(changes: Readonly<Record<string, string>>, agent: Partial<AgentContainer> = {}): string[] {
  let text = GOOD;
  for (const [from, to] of Object.entries(changes)) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, () => to);
  }
  const manifest = parseManifest(text);
  assert.ok(manifest.ok, manifest.ok ? '' : manifest.problems.join('\n'));
  const mismatches = findMismatches(manifest.value, { ...AGENT, ...agent });
  return mismatches.map(({ where, message }) => `${where}: ${message}`);
}

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

  it('lets a probe stay where the ports are annotated, or the API tells them', () => {
    const kept = { 'exec: {command: [check]}': 'httpGet: {path: /, port: 4000}' };
    const ports = '    ports.podusher.dev/auth: "4000"\n    podusher.dev/containers: rails,auth,statsd\n';
    assert.deepEqual(found({ ...kept, '    podusher.dev/containers: rails,auth,statsd\n': ports }), []);
    assert.deepEqual(found(kept, { flags: new Map([['api', 'true']]) }), []);
  });

  it('wants a token in the hooks where podusher asks for one', () => {
    const where = 'lifecycle.preStop.httpGet.httpHeaders: has no Authorization, which podusher asks for';
    const all = found({}, { flags: new Map([['token-file', '/token']]) });
    assert.deepEqual(
      all.map(line => line.split('; ')[0]),
      [
        `spec.initContainers[podusher].${where}`,
        `spec.containers[rails].${where}`,
        `spec.containers[statsd].${where}`,
      ],
    );
    const header = 'port: 8866, httpHeaders: [{name: authorization, value: Bearer x}]';
    const given = found(
      { 'container=rails", port: 8866': `container=rails", ${header}` },
      { flags: new Map([['token-file', '/token']]) },
    );
    assert.equal(given.length, 2);
  });

  it('takes the port and the name from flags and variables', () => {
    const agent = { flags: new Map([['port', '80']]), environment: { PODUSHER_NAME: 'podusher' } };
    assert.ok(found({}, agent).every(line => line.endsWith("8866 is not podusher's port; accepted: 80")));
  });

  it('takes a bare hook where there is but one other container', () => {
    const bare = { '?container=rails"': '"', 'rails,auth,statsd': 'rails' };
    const text = GOOD.replace(/ {4}- name: auth\n[^]* {2}volumes/u, '  volumes')
      .replace('    podusher.dev/non-critical: statsd\n', '')
      .replace('    depends-on.podusher.dev/rails: auth\n', '')
      .replace(...(Object.entries(bare)[0] ?? ['', '']))
      .replace(...(Object.entries(bare)[1] ?? ['', '']));
    const manifest = parseManifest(text);
    assert.ok(manifest.ok);
    assert.deepEqual(findMismatches(manifest.value, AGENT), []);
  });

  it('names the places of a Deployment', () => {
    const indented = GOOD.slice(GOOD.indexOf('metadata')).replaceAll(/^/gmu, '    ');
    const manifest = parseManifest(
      `kind: Deployment\nspec:\n  template:\n${indented}`
        .replace('drain?container=rails', 'drain')
        .replace('grace-period: 20s', 'grace-period: 21s'),
    );
    assert.ok(manifest.ok);
    assert.deepEqual(
      findMismatches(manifest.value, AGENT).map(({ where }) => where),
      [
        'spec.template.spec.containers[rails].lifecycle.preStop.httpGet.path',
        'spec.template.metadata.annotations[podusher.dev/grace-period]',
      ],
    );
  });

  it('has nothing to say of a pod without that container', () => {
    const manifest = parseManifest(GOOD);
    assert.ok(manifest.ok);
    assert.deepEqual(findMismatches(manifest.value, { ...AGENT, name: 'other' }), []);
    assert.equal(createSubject(manifest.value, { ...AGENT, name: 'other' }), undefined);
  });

  it('never throws, whatever the paths of hooks, the flags and the annotations are', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (path, flag, annotation) => {
        const manifest = parseManifest(
          GOOD.replace('"/drain?container=rails"', () => JSON.stringify(path)).replace('20s', () =>
            JSON.stringify(annotation),
          ),
        );
        if (!manifest.ok) return;
        const flags = new Map([
          ['name', flag],
          ['containers', flag],
        ]);
        findMismatches(manifest.value, { ...AGENT, flags });
      }),
    );
  });
});
