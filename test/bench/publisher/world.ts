/**
 * Pods without kubelets: of a total of 10,000 one Service has 4,000, 50 have 100 each and 1,000 have one; smaller worlds
 * are the same, scaled. Each of these Services is there twice: `our-…` is published, `their-…` has a selector.
 */
import type { Client } from '../../cluster/bare/client.ts';

export const OURS = 'our';
export const THEIRS = 'their';
const NODES = 100;
const MEDIUM = 50;
const FOLDER = '/api/v1/namespaces/bench';
/** Requests that are waited for together. */
const AT_ONCE = 200;

export interface BenchPod {
  readonly name: string;
  /** Of the Services of both. */
  readonly app: string;
  readonly index: number;
}

/** @returns the pods of a world of so many. */
export function podsOf(total: number): BenchPod[] {
  const apps = [
    ...many(1, 'large', total * 0.4),
    ...many(MEDIUM, 'medium', (total * 0.5) / MEDIUM),
    ...many(total * 0.1, 'single', 1),
  ];
  return apps.map((pod, index) => ({ ...pod, index }));
}

function many(
  services: number,
  kind: string,
  pods: number,
): { readonly app: string; readonly name: string }[] {
  return Array.from({ length: services }, (_, service) => `${kind}-${service}`).flatMap(app =>
    Array.from({ length: pods }, (_, pod) => ({ app, name: `${app}-${pod}` })),
  );
}

export class World {
  readonly #client: Client;
  readonly #pods = new Set<string>();
  readonly #apps = new Set<string>();

  private constructor(client: Client) {
    this.#client = client;
  }

  static async create(client: Client): Promise<World> {
    await client.post('/api/v1/namespaces', { metadata: { name: 'bench' } });
    await each(
      Array.from({ length: NODES }, (_, index) => index),
      async index => {
        const labels = { 'topology.kubernetes.io/zone': `zone-${index % 3}` };
        await client.post('/api/v1/nodes', { metadata: { name: `node-${index}`, labels } });
        const status = { conditions: [{ type: 'Ready', status: 'True' }] };
        await client.patch(`/api/v1/nodes/node-${index}/status`, { status });
      },
    );
    return new World(client);
  }

  /** Adds what a world of so many pods has more. */
  async grow(total: number): Promise<readonly BenchPod[]> {
    const pods = podsOf(total);
    const apps = [...new Set(pods.map(({ app }) => app))].filter(app => !this.#apps.has(app));
    await each(apps, async app => {
      this.#apps.add(app);
      await this.#createServices(app);
    });
    await each(
      pods.filter(({ name }) => !this.#pods.has(name)),
      async pod => {
        this.#pods.add(pod.name);
        await this.#client.post(`${FOLDER}/pods`, podObject(pod));
        await this.setReady(pod, true);
      },
    );
    return pods;
  }

  async setReady(pod: BenchPod, isReady: boolean): Promise<void> {
    await this.#client.patch(`${FOLDER}/pods/${pod.name}/status`, { status: statusOf(pod, isReady) });
  }

  async #createServices(app: string): Promise<void> {
    const spec = { clusterIP: 'None', ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
    const annotations = { 'podusher.dev/selector': `app=${app}` };
    await this.#client.post(`${FOLDER}/services`, {
      metadata: { name: `${OURS}-${app}`, annotations },
      spec,
    });
    await this.#client.post(`${FOLDER}/services`, {
      metadata: { name: `${THEIRS}-${app}` },
      spec: { ...spec, selector: { app } },
    });
  }
}

/** As large as pods are: about 5 KB with what the API server adds. */
function podObject({ name, app, index }: BenchPod): object {
  const variables = Array.from({ length: 20 }, (_, number) => ({
    name: `SOME_SETTING_${number}`,
    value: `the value of setting ${number} of ${app}`,
  }));
  const container = (called: string, port: number): object => ({
    name: called,
    image: `registry.example.com/${app}/${called}:1.2.3`,
    env: variables,
    ports: [{ name: called === 'web' ? 'http' : 'metrics', containerPort: port }],
    readinessProbe: { httpGet: { path: '/healthz', port } },
    resources: { requests: { cpu: '100m', memory: '100Mi' }, limits: { memory: '200Mi' } },
  });
  return {
    metadata: {
      name,
      labels: { app, 'pod-template-hash': '5f4d9c7b8', team: 'bench' },
      annotations: { 'podusher.dev/containers': 'web,statsd', 'podusher.dev/grace-period': '30s' },
    },
    spec: {
      nodeName: `node-${index % NODES}`,
      containers: [container('web', 8080), container('statsd', 9125)],
    },
  };
}

function statusOf({ index }: BenchPod, isReady: boolean): object {
  const ip = `10.${100 + Math.floor(index / 62_500)}.${Math.floor(index / 250) % 250}.${(index % 250) + 1}`;
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const status = isReady ? 'True' : 'False';
  return {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: '10.0.0.1',
    conditions: [
      { type: 'Initialized', status: 'True', lastTransitionTime: '2026-11-22T10:00:00Z' },
      { type: 'Ready', status, lastTransitionTime: time },
      { type: 'ContainersReady', status, lastTransitionTime: time },
      { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-11-22T10:00:00Z' },
    ],
    containerStatuses: [containerStatus('web', isReady), containerStatus('statsd', true)],
  };
}

function containerStatus(name: string, ready: boolean): object {
  return {
    name,
    ready,
    started: true,
    restartCount: 0,
    image: `registry.example.com/bench/${name}:1.2.3`,
    imageID: `registry.example.com/bench/${name}@sha256:${'0'.repeat(64)}`,
    containerID: `containerd://${'0'.repeat(64)}`,
    state: { running: { startedAt: '2026-11-22T10:00:00Z' } },
  };
}

/** Does it for all, so many at once. */
export async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.toReversed();
  const worker = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
