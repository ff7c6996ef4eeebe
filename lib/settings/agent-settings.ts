import { variableProblems } from './environment.ts';
import { createReader, type Inputs, type Reader } from './layers.ts';
import type { Problem } from './problem.ts';
import { flagOf, variableOf } from './row.ts';
import { AGENT, type LogLevel, TOKEN } from './table.ts';

/** What the agent needs for itself; no annotation sets it, so it holds as long as the process lives. */
export interface AgentSettings {
  /** Its own container's name. */
  readonly name: string;
  readonly port: number;
  readonly listenAddress: string;
  /** Where probes without a host go. */
  readonly podIp: string;
  /** `required`: it was asked for, so that it is a problem where it cannot be read. */
  readonly annotationsFile: { readonly path: string; readonly required: boolean };
  /** Where the token is that `/drain` asks for; undefined where it asks for none. */
  readonly token: TokenSource | undefined;
  readonly logLevel: LogLevel;
  /** Then only the ports that the settings name are the pod's. */
  readonly hostNetwork: boolean;
  /** In a rehearsal: whose connections are the pod's traffic. Undefined in a pod, where the network tells. */
  readonly outsideAddresses: readonly string[] | undefined;
  /** Undefined: the host's name. */
  readonly podName: string | undefined;
  /** Undefined where the Kubernetes API is not asked. */
  readonly api: ApiSettings | undefined;
}

/** How the pod is found by the API. */
export interface ApiSettings {
  /** Undefined: the host's name. */
  readonly podName: string | undefined;
  /** Undefined: the service account's. */
  readonly podNamespace: string | undefined;
  /** The folder of the service account. */
  readonly serviceAccount: string;
}

export type TokenSource =
  | { readonly type: 'value'; readonly value: string }
  | { readonly type: 'file'; readonly path: string };

/**
 * Reads what is needed before there are annotations, such as where they are.
 * @returns the agent's own settings; defaults stand in for bad ones, whose problems `readSettings` tells.
 */
export function readAgentSettings(inputs: Pick<Inputs, 'flags' | 'environment'>): AgentSettings {
  return agentSettings(createReader({ ...inputs, annotations: new Map() }));
}

/** @returns the agent's own settings as the reader has them. */
export function agentSettings(reader: Reader): AgentSettings {
  const annotationsFile = reader.agent(AGENT.annotationsFile);
  return {
    name: reader.agent(AGENT.name),
    port: reader.agent(AGENT.port),
    listenAddress: reader.agent(AGENT.listenAddress),
    podIp: reader.agent(AGENT.podIp),
    annotationsFile: { path: annotationsFile, required: reader.sources.has(AGENT.annotationsFile.name) },
    token: tokenSource(reader),
    logLevel: reader.agent(AGENT.logLevel),
    hostNetwork: reader.agent(AGENT.hostNetwork),
    outsideAddresses: reader.agent(AGENT.outsideAddresses),
    podName: reader.agent(AGENT.podName),
    api: reader.agent(AGENT.api) ? apiSettings(reader) : undefined,
  };
}

function apiSettings(reader: Reader): ApiSettings {
  return {
    podName: reader.agent(AGENT.podName),
    podNamespace: reader.agent(AGENT.podNamespace),
    serviceAccount: reader.agent(AGENT.serviceAccount),
  };
}

/** @returns problems of the environment that no single row has. */
export function agentProblems({ environment }: Pick<Inputs, 'environment'>, reader: Reader): Problem[] {
  const problems = variableProblems(environment);
  if (reader.sources.has(TOKEN.name) && reader.sources.has(AGENT.tokenFile.name)) {
    const message = `Given together with ${flagOf(AGENT.tokenFile)}; give one of them`;
    problems.push({ source: `variable ${variableOf(TOKEN)}`, message });
  }
  return problems;
}

function tokenSource(reader: Reader): TokenSource | undefined {
  const value = reader.secret(TOKEN);
  const path = reader.agent(AGENT.tokenFile);
  if (value !== undefined) return { type: 'value', value };
  return path === undefined ? undefined : { type: 'file', path };
}
