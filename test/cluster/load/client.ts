/** The load, as a test speaks to it. */
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { apply, podGet, waitFor } from '../kubectl.ts';
import { RESTRICTED } from '../pod.ts';
import { until } from '../wait.ts';
import { LOAD_IMAGE } from './image.ts';
import type { LoadPlan } from './plan.ts';

const POD = 'load';
const PORT = 8080;
const READY_MS = 60_000;

export interface Load {
  /** Ends the load; waits 10 s at most for what has begun. */
  stop(): Promise<readonly Outcome[]>;
}

/**
 * Starts the pod that the load comes from, in a namespace of the test's own, with which it goes.
 *
 * @param spec other fields of its spec: which node it is on
 */
export async function startLoadPod(namespace: string, spec: object = {}): Promise<void> {
  await apply(namespace, { ...LOAD_POD, spec: { ...LOAD_POD.spec, ...spec } });
  await waitFor(namespace, `pod/${POD}`, 'condition=Ready', READY_MS);
}

/** Begins to send once a request is answered. From here on it needs neither the API nor the kubelet until it is stopped. */
export async function startLoad(namespace: string, name: string, plan: LoadPlan): Promise<Load> {
  const query = `name=${encodeURIComponent(name)}`;
  const planned = `plan=${encodeURIComponent(JSON.stringify(plan))}`;
  // kube-proxy learns of a Service's pods a second after they are Ready.
  const answers = async (): Promise<boolean> => {
    const outcome: Outcome = JSON.parse(await podGet(namespace, POD, PORT, `/try?${planned}`));
    return outcome.type === 'ok';
  };
  await until(`"${plan.host}" answers`, answers, { timeoutMs: READY_MS });
  await podGet(namespace, POD, PORT, `/start?${query}&${planned}`);
  return {
    stop: async () => {
      const outcomes: readonly Outcome[] = JSON.parse(await podGet(namespace, POD, PORT, `/stop?${query}`));
      return outcomes;
    },
  };
}

const LOAD_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: POD },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: POD,
        image: LOAD_IMAGE,
        imagePullPolicy: 'Never',
        ports: [{ containerPort: PORT }],
        readinessProbe: { httpGet: { path: '/', port: PORT }, periodSeconds: 1 },
        // What it is late with, it would call the pods' fault.
        resources: { requests: { cpu: '100m' } },
        securityContext: RESTRICTED,
      },
    ],
  },
};
