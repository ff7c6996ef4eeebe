/** A readiness probe that only the kubelet can make: a command in the container. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { apply, kubectl, podGet } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { AGENT_PORT } from '../pod.ts';
import { podReady } from '../pod-status.ts';
import { follow } from '../recorders/witness.ts';
import { grant } from '../rights.ts';
import { entry } from '../ushered/ending.ts';
import { statusOf } from '../ushered/status.ts';
import { type UsheredOptions, usheredPod, WEB_PORT } from '../ushered/ushered.ts';
import { until } from '../wait.ts';
import { asking } from './asking.ts';

const CHANGED_MS = 60_000;
const WHY = /the kubelet calls it not ready, by its own exec probe/u;

const FILE = '/state/ready';

const ReadySchema = v.object({
  checks: v.array(v.object({ name: v.string(), outcome: v.string(), reason: v.string() })),
});

/** So long as the file is there, `web` is ready; the agent makes no probe of its own. */
export const EXEC: UsheredOptions = {
  annotations: { 'ports.podusher.dev/web': String(WEB_PORT) },
  web: {
    more: {
      readinessProbe: {
        exec: { command: ['/usr/local/bin/node', '-e', `require('node:fs').accessSync('${FILE}')`] },
        periodSeconds: 1,
        timeoutSeconds: 5,
        failureThreshold: 1,
      },
      volumeMounts: [{ name: 'state', mountPath: '/state' }],
    },
  },
  volumes: [{ name: 'state', emptyDir: {} }],
};

/** @returns a pod whose `web` is probed by the kubelet alone */
export function execProbedPod(options: UsheredOptions): object {
  const { metadata, ...rest } = Object(usheredPod('pod', options));
  const { 'readiness-probe.podusher.dev/web': _, ...annotations } = metadata.annotations;
  return { ...rest, metadata: { ...metadata, annotations } };
}

export async function unheard(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-exec-unheard');
  await apply(namespace, execProbedPod(EXEC));
  const isReady = async (): Promise<boolean> => (await webIn(namespace)).startsWith('passed: ');
  await until('the agent calls web ready', isReady, { timeoutMs: CHANGED_MS });
  const { api } = await statusOf(namespace);
  assert.equal(api, null);
}

export async function heard(context: TestContext): Promise<void> {
  const namespace = await withNamespace(context, 'api-exec-heard');
  await grant(namespace);
  await apply(namespace, execProbedPod(asking(EXEC)));
  await untilReadyz(namespace, WHY);
  await touch(namespace);
  await podReady(namespace, 'pod');
  const witness = follow(context, namespace, 'pod');
  assert.match(await webIn(namespace), /^passed: the kubelet calls it ready, by its own exec probe$/u);
  await untouch(namespace);
  await untilReadyz(namespace, WHY);
  const outcomes = (): readonly unknown[] =>
    witness.all('check', 'podusher', { check: 'web' }).map(({ more }) => more['outcome']);
  const isLogged = (): boolean => outcomes().slice(-2).join() === 'passed,failed';
  await until('the log tells both', isLogged, { timeoutMs: CHANGED_MS });
  assert.throws(() => entry(witness, 'hook'));
}

/** @returns what `/ready` says of `web` */
async function webIn(namespace: string): Promise<string> {
  const { checks } = v.parse(ReadySchema, JSON.parse(await podGet(namespace, 'pod', AGENT_PORT, '/ready')));
  const { outcome, reason } = checks.find(({ name }) => name === 'web') ?? {};
  return `${outcome}: ${reason}`;
}

/** By /status: a 503 is an error to kubectl. */
async function untilReadyz(namespace: string, why: RegExp): Promise<void> {
  const isSo = async (): Promise<boolean> => why.test(JSON.stringify((await statusOf(namespace)).blockers));
  await until(`/ready says ${why.source}`, isSo, { timeoutMs: CHANGED_MS });
}

function touch(namespace: string): Promise<string> {
  return inWeb(namespace, `require('node:fs').writeFileSync('${FILE}', '')`);
}

function untouch(namespace: string): Promise<string> {
  return inWeb(namespace, `require('node:fs').rmSync('${FILE}')`);
}

function inWeb(namespace: string, script: string): Promise<string> {
  const inside = ['exec', 'pod', '--container', 'web', '--', '/usr/local/bin/node', '-e', script];
  return kubectl(['--namespace', namespace, ...inside]);
}
