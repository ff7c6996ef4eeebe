import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notReady } from '../../lib/kubelet/not-ready.ts';
import type { Container, ProbeKind } from '../../lib/kubelet/pod.ts';
import { type Behaviour, container, play, pod, probe } from './world.ts';

const INIT = { kind: 'init' } as const;
const SIDECAR = { kind: 'native-sidecar' } as const;
const FAILS = { answers: () => false };
const SLOW = probe({ initialDelaySeconds: 60 });
const PATIENT = probe({ failureThreshold: 100 });

type Case = readonly [
  what: string,
  containers: readonly Container[],
  behaviours: Readonly<Record<string, Behaviour>>,
  reasons: readonly string[],
];

const probed = (name: string, kind: ProbeKind, given = PATIENT): Container =>
  container(name, { probes: { [kind]: given } });

const CASES: readonly Case[] = [
  ['nothing of a pod that is Ready', [container('rails'), probed('auth', 'readiness')], {}, []],
  [
    'which probe fails, and what its last result was',
    [probed('rails', 'readiness'), probed('auth', 'startup')],
    { rails: FAILS, auth: FAILS },
    ['rails: its readiness probe fails: told so', 'auth: its startup probe fails: told so'],
  ],
  [
    'that a probe has no result yet, or not enough of them',
    [probed('rails', 'readiness', SLOW), probed('auth', 'readiness', probe({ successThreshold: 9 }))],
    {},
    ['rails: its readiness probe has no result yet', 'auth: its readiness probe has succeeded 6 of 9 times'],
  ],
  [
    'that it has exited',
    [container('rails')],
    { rails: { exitsAfterMs: 100, exitCode: 3 } },
    ['rails: it exited with code 3, and is to start again'],
  ],
  [
    'whom it waits for: an init container that runs',
    [container('migrate', INIT), container('rails')],
    {},
    ['rails: it waits for migrate, which has not ended'],
  ],
  [
    'whom it waits for: an init container that fails',
    [container('migrate', INIT), container('rails')],
    { migrate: { exitsAfterMs: 100 } },
    ['rails: it waits for migrate, which exited with code 1'],
  ],
  [
    'whom it waits for: a native sidecar, and why that has not started',
    [container('usher', { ...SIDECAR, probes: { startup: PATIENT } }), container('rails')],
    { usher: FAILS },
    [
      'usher: its startup probe fails: told so',
      'rails: it waits for usher: its startup probe fails: told so',
    ],
  ],
];

describe('notReady() tells', () => {
  for (const [what, containers, behaviours, reasons] of CASES) {
    it(what, () => {
      const { state } = play(pod(containers), { until: 5000, behaviours });
      assert.deepEqual(
        notReady(state).map(one => `${one.container}: ${one.reason}`),
        reasons,
      );
      assert.equal(state.ready, reasons.length === 0);
    });
  }
});
