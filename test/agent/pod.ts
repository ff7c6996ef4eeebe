import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { App } from './app.ts';
import { type Agent, type Launch, startAgent } from './launch.ts';
import type { Annotations } from './volume.ts';

/** An agent, and the containers it serves. */
export interface Pod<Name extends string> {
  readonly agent: Agent;
  readonly apps: Readonly<Record<Name, App>>;
}

/** As for an agent alone; but its annotations may depend on where the containers listen. */
export interface PodLaunch<Name extends string> extends Omit<Launch, 'annotations'> {
  readonly annotations?: Annotations | ((apps: Readonly<Record<Name, App>>) => Annotations);
}

/** Starts a pod of one container, `app`, whose port is annotated. */
export async function startPod(context: TestContext, launch: PodLaunch<'app'> = {}): Promise<Pod<'app'>> {
  const apps = { app: await App.start(context) };
  return { apps, agent: await agentOf(context, apps, launch) };
}

/** Starts a pod of two containers, whose ports are annotated. */
export async function startPair(
  context: TestContext,
  launch: PodLaunch<'rails' | 'auth'> = {},
): Promise<Pod<'rails' | 'auth'>> {
  const apps = { rails: await App.start(context), auth: await App.start(context) };
  return { apps, agent: await agentOf(context, apps, launch) };
}

function agentOf<Name extends string>(
  context: TestContext,
  apps: Readonly<Record<Name, App>>,
  { annotations = {}, ...launch }: PodLaunch<Name>,
): Promise<Agent> {
  const given = typeof annotations === 'function' ? annotations(apps) : annotations;
  return startAgent(context, { ...launch, annotations: { ...portsOf(apps), ...given } });
}

/** @returns the annotations that tell where containers listen. */
export function portsOf(apps: Readonly<Record<string, App>>): Annotations {
  const ports = Object.entries(apps).map(([name, { port }]) => [`ports.podusher.dev/${name}`, String(port)]);
  return Object.fromEntries(ports);
}

export function assertBetween(value: number, least: number, most: number): void {
  assert.ok(value >= least && value <= most, `${value} is not from ${least} to ${most}`);
}
