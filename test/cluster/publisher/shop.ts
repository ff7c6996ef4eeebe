/** A small shop: pods of `web`, and of `statsd`, which nobody needs; both do as they are told. */
import { AGENT_IMAGE } from '../images.ts';
import { podGet } from '../kubectl.ts';
import { APP_PORT, podTemplate, RESOURCES, RESTRICTED } from '../pod.ts';

export const SELECTOR = 'podusher.dev/selector';

/** Beside `/` there are what it is told, and what `statsd` asks. */
const WEB = `
  let isReady = true, statsd = 'run';
  const told = {
    '/unready': () => { isReady = false; },
    '/ready': () => { isReady = true; },
    '/crash-statsd': () => { statsd = 'crash'; },
    '/exit': () => setTimeout(() => process.exit(1), 50),
  };
  require('node:http').createServer((request, response) => {
    told[request.url]?.();
    if (request.url === '/healthz' && !isReady) response.statusCode = 503;
    response.end(request.url === '/statsd' ? statsd : 'ok');
  }).listen(${APP_PORT});
  process.on('SIGTERM', () => process.exit());`;

const STATSD = `
  const look = () => require('node:http').get('http://127.0.0.1:${APP_PORT}/statsd', response => {
    response.on('data', told => { if (String(told) === 'crash') process.exit(1); });
  }).on('error', () => {});
  setInterval(look, 200);
  look();
  process.on('SIGTERM', () => process.exit());`;

function container(name: string, code: string, more: object = {}): object {
  return {
    name,
    image: AGENT_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/local/bin/node', '-e', code],
    resources: RESOURCES,
    securityContext: RESTRICTED,
    ...more,
  };
}

export interface ShopPod {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Other fields of its spec: which node it is on. */
  readonly spec?: object;
  readonly statsd?: boolean;
}

/** @returns a pod without podusher in it, that leaves at once. */
export function shopPod(
  name: string,
  { labels = { app: 'web' }, annotations = {}, spec = {}, statsd = false }: ShopPod = {},
): object {
  const readinessProbe = {
    httpGet: { path: '/healthz', port: APP_PORT },
    periodSeconds: 1,
    failureThreshold: 1,
  };
  const web = container('web', WEB, { readinessProbe, ports: [{ name: 'http', containerPort: APP_PORT }] });
  const nonCritical = statsd ? { 'podusher.dev/non-critical': 'statsd' } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, annotations: { ...nonCritical, ...annotations } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 2,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: statsd ? [web, container('statsd', STATSD)] : [web],
      ...spec,
    },
  };
}

/** @returns pods of `web`, `statsd` and podusher, `statsd` not critical. */
export function shopDeployment(replicas: number): object {
  const annotations = {
    'podusher.dev/containers': 'app,statsd',
    'podusher.dev/non-critical': 'statsd',
    'stop-timeout.podusher.dev/statsd': '0s',
  };
  const { metadata, spec } = Object(podTemplate({ app: WEB, annotations, labels: { app: 'web' } }));
  const lifecycle = { preStop: { httpGet: { path: '/drain?container=statsd', port: 8866 } } };
  const containers = [...spec.containers, container('statsd', STATSD, { lifecycle })];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata, spec: { ...spec, containers } },
    },
  };
}

/** @returns a Service of the pods that are labelled `app=web`, which Kubernetes publishes. */
export function ordinaryService(name: string, spec: object = {}): object {
  const own = {
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: APP_PORT }],
    ...spec,
  };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: own };
}

/** @returns the same, for the publisher. */
export function publishedService(name: string, selector = 'app=web', spec: object = {}): object {
  const own = { ports: [{ name: 'http', port: 80, targetPort: APP_PORT }], ...spec };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, annotations: { [SELECTOR]: selector } },
    spec: own,
  };
}

/** Tells a pod what to do: `/unready`, `/crash-statsd`. */
export async function instruct(namespace: string, pod: string, what: string): Promise<void> {
  await podGet(namespace, pod, APP_PORT, what);
}
