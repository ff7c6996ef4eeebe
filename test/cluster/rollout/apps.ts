/** What is rolled out: three pods behind a Service, with podusher or without. */
import { AGENT_IMAGE } from '../images.ts';
import { APP_PORT, podTemplate } from '../pod.ts';
import { manifestsOf, NAME } from '../rails-auth/manifests.ts';

export interface App {
  /** Rails finishes what is in flight on SIGTERM and leaves; the other one dies at once. */
  readonly app: 'rails' | 'dies';
  readonly podusher: boolean;
  /** Without podusher: the preStop hook that many have instead, of an app that dies. */
  readonly sleepSeconds?: number;
}

/** Of the Deployment, the Service and the pods' label `app`. */
export const APP_NAME: string = NAME;

const REPLICAS = 3;

/** `/report` takes 3 s, as that of Rails. Node, as process 1, ignores SIGTERM unless told. */
const DIES = `
  require('node:http').createServer((request, response) => {
    setTimeout(() => response.end('ok'), request.url === '/report' ? 3000 : 20);
  }).listen(${APP_PORT});
  process.on('SIGTERM', () => process.exit());`;

/** @returns the Service and the Deployment. */
export function appManifests({ app, podusher, sleepSeconds }: App): readonly object[] {
  if (app === 'rails') return manifestsOf({ podusher, rails: 'leaves', replicas: REPLICAS });
  const labels = { app: APP_NAME };
  const template = podusher ? podTemplate({ app: DIES, labels }) : bareTemplate(labels, sleepSeconds);
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

/** As most pods are: a readiness probe, and for its end nothing or a sleep. */
function bareTemplate(labels: Readonly<Record<string, string>>, sleepSeconds: number | undefined): object {
  return {
    metadata: { labels },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'app',
          image: AGENT_IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: ['/usr/local/bin/node', '-e', DIES],
          ports: [{ containerPort: APP_PORT }],
          readinessProbe: { httpGet: { path: '/', port: APP_PORT }, periodSeconds: 1 },
          ...(sleepSeconds && { lifecycle: { preStop: { sleep: { seconds: sleepSeconds } } } }),
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
