/** The pods that are measured: three small servers, and the sidecar or a bare server in its place. */
import { AGENT_IMAGE } from '../../cluster/images.ts';
import { AGENT_PORT, podTemplate } from '../../cluster/pod.ts';

export const SIDECARS = ['bare node:http', 'podusher', 'podusher --api'] as const;

export type Sidecar = (typeof SIDECARS)[number];

/** The sidecar's container, in all of them. */
export const MEASURED = 'podusher';

/** How long a drain lasts in these pods; their clients never come. */
const DRAIN_MS = 30_000;

const PORTS = [3001, 3002, 3003];

const SERVER = "require('node:http').createServer((_, response) => response.end('ok'))";
const NODE = '/usr/local/bin/node';

export function podOf(sidecar: Sidecar, name: string): object {
  const names = PORTS.map(port => `app-${port}`);
  const probes = PORTS.map(port => [
    `readiness-probe.podusher.dev/app-${port}`,
    JSON.stringify({ httpGet: { port }, periodSeconds: 1 }),
  ]);
  const annotations = {
    'podusher.dev/containers': names.join(),
    'podusher.dev/grace-period': `${2 * DRAIN_MS}ms`,
    'podusher.dev/drain-min': `${DRAIN_MS}ms`,
    ...Object.fromEntries(probes),
  };
  const { metadata, spec } = Object(podTemplate({ app: '', annotations }));
  const { 'readiness-probe.podusher.dev/app': _, ...ours } = metadata.annotations;
  const [agent] = spec.initContainers;
  const [app] = spec.containers;
  const containers = PORTS.map(port => ({
    ...app,
    name: `app-${port}`,
    command: [NODE, '-e', `${SERVER}.listen(${port}); process.on('SIGTERM', () => process.exit());`],
    ports: [{ containerPort: port }],
    lifecycle: { preStop: { httpGet: { path: `/drain?container=app-${port}`, port: AGENT_PORT } } },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: ours },
    spec: {
      ...spec,
      terminationGracePeriodSeconds: 2 * (DRAIN_MS / 1000),
      // Its own cluster's names are of no use to it, and each is a variable.
      enableServiceLinks: false,
      automountServiceAccountToken: sidecar === 'podusher --api',
      // Eleven pods that start at once must not be taken for dead.
      initContainers: [
        { ...agent, livenessProbe: { ...agent.livenessProbe, timeoutSeconds: 10 }, ...asIs(sidecar) },
      ],
      containers,
    },
  };
}

function asIs(sidecar: Sidecar): object {
  if (sidecar === 'podusher') return {};
  if (sidecar === 'podusher --api') return { env: [{ name: 'PODUSHER_API', value: 'true' }] };
  return { image: AGENT_IMAGE, command: [NODE, '-e', `${SERVER}.listen(${AGENT_PORT})`] };
}
