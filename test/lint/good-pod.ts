import assert from 'node:assert/strict';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import { findMismatches } from '../../lib/lint/mismatches.ts';
import type { AgentContainer } from '../../lib/lint/subject.ts';

/** A pod in which everything fits. */
export const GOOD = `kind: Pod
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

export const AGENT: AgentContainer = { name: 'podusher', flags: new Map(), environment: {} };

/** @returns what does not fit once the texts are changed: `WHERE: MESSAGE`. */
export function found(
  changes: Readonly<Record<string, string>>,
  agent: Partial<AgentContainer> = {},
): string[] {
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
