/** What the checks of a manifest look at: a pod with podusher in it, and what podusher will make of its settings. */
import type { Manifest } from '../kubelet/manifest.ts';
import type { Container, Pod } from '../kubelet/pod.ts';
import { type AgentSettings, agentSettings } from '../settings/agent-settings.ts';
import type { Environment } from '../settings/environment.ts';
import { createReader, type Inputs, type Reader } from '../settings/layers.ts';

/** One thing that does not fit. */
export interface Mismatch {
  /** `spec.containers[rails].lifecycle.preStop.httpGet.path` */
  readonly where: string;
  /** What does not fit, and what is accepted. */
  readonly message: string;
}

/** podusher's own container in a manifest, and what it is started with. */
export interface AgentContainer {
  readonly name: string;
  /** By name without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Environment;
}

/** A pod with podusher in it. */
export interface Subject {
  readonly pod: Pod;
  /** Where the pod's spec is in its manifest: `spec.template.spec`. */
  readonly path: string;
  /** podusher's container. */
  readonly agent: Container;
  /** All others, without the plain init containers, which are gone before anything is to be told of them. */
  readonly others: readonly Container[];
  readonly inputs: Inputs;
  readonly own: AgentSettings;
  /** Of the settings, each for itself: a bad one does not keep the others from being looked at. */
  readonly reader: Reader;
}

/** @returns what to look at; undefined where the pod has no such container. */
export function createSubject({ pod, path }: Manifest, given: AgentContainer): Subject | undefined {
  const agent = pod.containers.find(({ name }) => name === given.name);
  if (agent === undefined) return undefined;
  const inputs: Inputs = { ...given, annotations: new Map(Object.entries(pod.annotations)) };
  const reader = createReader(inputs);
  return {
    pod,
    path,
    agent,
    others: pod.containers.filter(one => one !== agent && one.kind !== 'init'),
    inputs,
    own: agentSettings(reader),
    reader,
  };
}
