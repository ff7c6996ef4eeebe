import type { Probe } from '../readiness/probe.ts';
import type { AgentSettings } from './agent-settings.ts';
import { containerKey, containerOfKey } from './annotation-key.ts';
import { DEFAULT_STOP_TIMEOUT_MS } from './budget.ts';
import { fitProblems } from './fit.ts';
import { type Inputs, type Reader, THE_SPEC } from './layers.ts';
import { containersOf, countProblems, type Mention, NOT_THE_AGENT, nameProblems } from './names.ts';
import { cycleProblems, kubeletOrderProblems } from './order.ts';
import type { Problem } from './problem.ts';
import type { Container, Settings } from './settings.ts';
import { specProblems } from './spec.ts';
import { CONTAINER, POD } from './table.ts';

/** A pod as its settings describe it; where there are problems, only parts of it can be relied on. */
export interface PodReading {
  readonly settings: Settings;
  /** Of the pod as a whole; the reader has those of single values. */
  readonly problems: readonly Problem[];
}

/** Reads the pod's settings and checks them against each other. */
export function readPod(
  reader: Reader,
  annotations: Inputs['annotations'],
  agent: AgentSettings,
): PodReading {
  const given = reader.pod(POD.containers);
  const mentions = mentionsIn(reader, annotations);
  const names = containersOf(mentions, agent.name, given);
  const tooMany = countProblems(names);
  const settings: Settings = {
    self: agent.name,
    containers: tooMany.length > 0 ? [] : readContainers(reader, names, agent.name),
    complete: given !== undefined,
    readyDuringDrain: reader.pod(POD.readyDuringDrain),
    gracePeriodMs: reader.pod(POD.gracePeriodMs),
    drainMinMs: reader.pod(POD.drainMinMs),
    drainSilenceMaxMs: reader.pod(POD.drainSilenceMaxMs),
    drainArrivalsMaxMs: reader.pod(POD.drainArrivalsMaxMs),
    drainKeptMaxMs: reader.pod(POD.drainKeptMaxMs),
    drainDoubtMs: reader.pod(POD.drainDoubtMs),
    drainMaxMs: reader.pod(POD.drainMaxMs),
    restartDrainMaxMs: reader.pod(POD.restartDrainMaxMs),
  };
  const cycles = cycleProblems(settings.containers);
  const problems = [
    ...tooMany,
    ...nameProblems(mentions, agent.name, given),
    ...portProblems(reader, settings.containers, agent.port),
    ...cycles,
    ...kubeletOrderProblems(settings.containers),
    ...specProblems(reader, agent.name),
    ...(cycles.length === 0 && canFit(reader) ? fitProblems(settings) : []),
  ];
  return { settings, problems };
}

/** Every place where a setting names a container, in the table's order. */
function mentionsIn(reader: Reader, annotations: Inputs['annotations']): Mention[] {
  const mentions: Mention[] = [];
  const mention = (names: readonly string[], source: string, notTheAgent: string | undefined) => {
    mentions.push(...names.map(container => ({ container, source, notTheAgent })));
  };
  mention(reader.pod(POD.containers) ?? [], reader.sourceOf(POD.containers), NOT_THE_AGENT.containers);
  mention(reader.pod(POD.nonCritical), reader.sourceOf(POD.nonCritical), NOT_THE_AGENT.nonCritical);
  const sidecars = reader.pod(POD.nativeSidecars);
  // The spec's are not all meant where `containers` names fewer.
  if (reader.sourceOf(POD.nativeSidecars) !== THE_SPEC) {
    mention(sidecars, reader.sourceOf(POD.nativeSidecars), undefined);
  }
  for (const key of annotations.keys()) {
    const container = containerOfKey(key);
    if (container === undefined) continue;
    mention([container], `annotation ${key}`, NOT_THE_AGENT.key);
    if (key !== containerKey(CONTAINER.dependsOn, container)) continue;
    mention(reader.container(CONTAINER.dependsOn, container), `annotation ${key}`, NOT_THE_AGENT.dependsOn);
  }
  return mentions;
}

function readContainers(reader: Reader, names: readonly string[], self: string): Container[] {
  const nonCritical = reader.pod(POD.nonCritical);
  const nativeSidecars = reader.pod(POD.nativeSidecars);
  const dependedOn = new Set(names.flatMap(name => reader.container(CONTAINER.dependsOn, name)));
  return names.map(name => {
    const index = nativeSidecars.indexOf(name);
    const probe = reader.container(CONTAINER.probe, name);
    const stopTimeoutMs = dependedOn.has(name) ? 0 : DEFAULT_STOP_TIMEOUT_MS;
    return {
      name,
      critical: !nonCritical.includes(name),
      kind: kindOf(index, nativeSidecars.indexOf(self)),
      sidecarIndex: index === -1 ? undefined : index,
      probe,
      ports:
        reader.container(CONTAINER.ports, name) ?? portsOf(probe) ?? reader.spec(CONTAINER.ports, name) ?? [],
      dependsOn: reader.container(CONTAINER.dependsOn, name),
      stopTimeoutMs: reader.container(CONTAINER.stopTimeoutMs, name) ?? stopTimeoutMs,
      inFlight: reader.container(CONTAINER.inFlight, name),
      drainAction: reader.container(CONTAINER.drainAction, name),
    };
  });
}

/** An agent that is a regular container (`selfIndex` -1) is stopped before every native sidecar. */
function kindOf(index: number, selfIndex: number): Container['kind'] {
  if (index === -1) return 'regular';
  return selfIndex === -1 || index < selfIndex ? 'native-sidecar-before-agent' : 'native-sidecar-after-agent';
}

function portsOf(probe: Probe | undefined): number[] | undefined {
  if (probe === undefined) return undefined;
  const isThePod = probe.action.type === 'grpc' || probe.action.host === undefined;
  return isThePod ? [probe.action.port] : [];
}

/** The hooks wait on the agent's port: taken for a container's, they would hold the drain themselves. */
function portProblems(reader: Reader, containers: readonly Container[], agentPort: number): Problem[] {
  return containers
    .filter(({ ports }) => ports.includes(agentPort))
    .map(({ name }) => {
      const isSet = reader.container(CONTAINER.ports, name) !== undefined;
      const source = `annotation ${containerKey(isSet ? CONTAINER.ports : CONTAINER.probe, name)}`;
      return { source, message: `${agentPort} is the agent's own port; name a port that "${name}" serves` };
    });
}

/** Whether the arithmetic's own values are all good: with a default in a bad one's place it would mislead. */
function canFit(reader: Reader): boolean {
  const needed = [
    POD.gracePeriodMs,
    POD.drainMinMs,
    POD.drainMaxMs,
    CONTAINER.dependsOn,
    CONTAINER.stopTimeoutMs,
  ];
  return !needed.some(row => reader.isBad(row));
}
