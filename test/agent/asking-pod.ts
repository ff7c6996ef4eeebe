/** A pod of one app and the built agent with `--api`, whose API server has good days and bad ones. */
import type { TestContext } from 'node:test';
import type { Status } from '../../lib/status/status.ts';
import type { Wire } from '../../lib/status/wire.ts';
import { FakeApi } from '../kubernetes/fake-api.ts';
import { type ContainerParts, POD_NAME } from '../kubernetes/objects.ts';
import { App } from './app.ts';
import { type Agent, type Launch, startAgent } from './launch.ts';
import { portsOf } from './pod.ts';
import { until } from './until.ts';
import type { Annotations } from './volume.ts';

const EXEC = { exec: { command: ['check'] } };
export const AGENT: ContainerParts = { name: 'podusher', sidecar: true, ready: true };
/** `ready` is the verdict of its own exec probe. */
export const app = (ready: boolean): ContainerParts => ({ name: 'app', readinessProbe: EXEC, ready });

export interface Pod {
  readonly api: FakeApi;
  readonly app: App;
  readonly agent: Agent;
}

/** A pod of one app, whose API is there. */
export async function startPod(
  context: TestContext,
  annotations: Annotations = {},
  prepare: (api: FakeApi) => void = () => {},
): Promise<Pod> {
  const api = await FakeApi.start(context);
  api.putPod({ containers: [AGENT, app(true)] });
  prepare(api);
  const own = await App.start(context);
  const agent = await startAsking(context, api, {
    annotations: { ...portsOf({ app: own }), ...annotations },
  });
  return { api, app: own, agent };
}

export function startAsking(context: TestContext, api: FakeApi, launch: Launch = {}): Promise<Agent> {
  return startAgent(context, {
    ...launch,
    flags: ['--api', `--pod-name=${POD_NAME}`, `--service-account=${api.folder}`, ...(launch.flags ?? [])],
    environment: api.environment,
  });
}

/** @returns the status once it is as wanted. */
export function whenStatus(
  agent: Agent,
  what: string,
  isSo: (status: Wire<Status>) => boolean,
): Promise<Wire<Status>> {
  return until(what, async () => {
    const status = await agent.status();
    return isSo(status) ? status : undefined;
  });
}

export function watches(agent: Agent): Promise<Wire<Status>> {
  return whenStatus(agent, 'the API to be watched', ({ api }) => api?.watch.state === 'watching');
}
