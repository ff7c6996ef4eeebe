/** What is rolled out: three pods behind a Service. */
import { AGENT_IMAGE } from '../images.ts';
import { APP_PORT, podTemplate, RESOURCES, RESTRICTED } from '../pod.ts';
import { manifestsOf, NAME } from '../rails-auth/manifests.ts';
import { howOf, type Strategy, withStrategy } from './strategy.ts';

export interface App {
  /** Rails finishes what is in flight on SIGTERM and leaves; the other one dies at once. */
  readonly app: 'rails' | 'dies';
  readonly strategy: Strategy;
}

/** Of the Deployment, the Service and the pods' label `app`. */
export const APP_NAME: string = NAME;

/** The container of the app that dies. */
export const DYING: string = 'app';

const REPLICAS = 3;

/**
 * `/report` takes 3 s, as that of Rails. Its last line is its account (`account.ts`); whoever connects from the pod itself
 * is the agent, which probes. Node, as process 1, ignores SIGTERM unless told.
 */
const DIES = `
  let arrivedAt = null;
  const long = [];
  require('node:http').createServer((request, response) => {
    const isLong = request.url === '/report';
    const one = { begunAt: Date.now(), endedAt: null };
    if (isLong) long.push(one);
    if (long.length > 100) long.shift();
    setTimeout(() => {
      response.end('ok');
      one.endedAt = Date.now();
    }, isLong ? 3000 : 20);
  }).on('connection', ({ remoteAddress, localAddress }) => {
    if (remoteAddress !== localAddress) arrivedAt = Date.now();
  }).listen(${APP_PORT});
  process.on('SIGTERM', () => {
    console.log(JSON.stringify({ arrivedAt, long }));
    process.exit();
  });`;

/**
 * @param podSpec Fields that the pods have beside their own.
 * @returns the Service and the Deployment.
 */
export function appManifests({ app, strategy }: App, podSpec: object = {}): readonly object[] {
  const { podusher } = howOf(strategy);
  const manifests =
    app === 'rails'
      ? manifestsOf({ podusher, rails: 'leaves', replicas: REPLICAS })
      : dyingManifests(podusher);
  return manifests.map(object => withStrategy(object, strategy, podSpec));
}

function dyingManifests(podusher: boolean): readonly object[] {
  const labels = { app: APP_NAME };
  const template = podusher ? podTemplate({ app: DIES, labels }) : bareTemplate(labels);
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: APP_NAME },
      spec: { selector: labels, ports: [{ port: 80, targetPort: APP_PORT }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: APP_NAME },
      spec: { replicas: REPLICAS, selector: { matchLabels: labels }, template },
    },
  ];
}

/** As most pods are: with a readiness probe, and nothing for their end. */
function bareTemplate(labels: Readonly<Record<string, string>>): object {
  return {
    metadata: { labels },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: DYING,
          image: AGENT_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/local/bin/node', '-e', DIES],
          ports: [{ containerPort: APP_PORT }],
          readinessProbe: { httpGet: { path: '/', port: APP_PORT }, periodSeconds: 1 },
          resources: RESOURCES,
          securityContext: RESTRICTED,
        },
      ],
    },
  };
}
