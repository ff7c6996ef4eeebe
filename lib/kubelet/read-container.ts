/** One container of a manifest: its probes and hook checked, its variables resolved, what is left out noted. */
import type { Parsed } from '../parsed.ts';
import { expand } from './expand.ts';
import { fieldText, type PodIdentity, unknownField } from './field-ref.ts';
import { parseHook, parseKubeletProbe } from './handlers.ts';
import type { ContainerManifest, EnvManifest } from './manifest-schema.ts';
import type { Container, EnvVar, Hook, KubeletProbe, ProbeKind } from './pod.ts';

/** What came up while reading; all of it is told. */
export interface Findings {
  readonly problems: string[];
  readonly notes: string[];
}

/** @returns the container; where something is wrong with it, `findings` says so and the container is not used. */
export function readContainer(
  manifest: ContainerManifest,
  kind: Container['kind'],
  identity: PodIdentity,
  path: string,
  findings: Findings,
): Container {
  const ports = manifest.ports
    .filter(({ protocol }) => protocol === 'TCP')
    .map(({ name, containerPort }) => ({ name: name === '' ? undefined : name, port: containerPort }));
  const env = readEnv(manifest.env, identity, `${path}.env`, findings);
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const take = <T>(field: string, value: Parsed<T>): T | undefined => {
    if (value.ok) return value.value;
    findings.problems.push(...value.problems.map(problem => `${path}.${field}: ${problem}`));
    return undefined;
  };
  const probes: Partial<Record<ProbeKind, KubeletProbe>> = {};
  for (const probeKind of ['startup', 'readiness', 'liveness'] as const) {
    const field = `${probeKind}Probe` as const;
    if (manifest[field] === undefined || manifest[field] === null) continue;
    const probe = take(field, parseKubeletProbe(manifest[field], ports));
    if (probe !== undefined) probes[probeKind] = probe;
  }
  const { preStop } = manifest.lifecycle;
  let hook: Hook | undefined;
  if (preStop !== undefined && preStop !== null) hook = take('lifecycle.preStop', parseHook(preStop, ports));
  noteWhatIsLeftOut(manifest, path, findings);
  return {
    name: manifest.name,
    kind,
    image: manifest.image,
    command: manifest.command?.map(word => expand(word, values)),
    args: manifest.args.map(word => expand(word, values)),
    workingDir: manifest.workingDir ?? undefined,
    env,
    ports,
    mounts: manifest.volumeMounts.map(mount => ({ volume: mount.name, path: mount.mountPath })),
    preStop: hook,
    probes,
  };
}

/** A variable may refer to those before it. */
function readEnv(
  env: readonly EnvManifest[],
  identity: PodIdentity,
  path: string,
  { problems, notes }: Findings,
): readonly EnvVar[] {
  const values = new Map<string, string>();
  for (const [index, { name, value, valueFrom }] of env.entries()) {
    const at = `${path}.${index}`;
    if (!valueFrom) {
      values.set(name, expand(value, values));
      continue;
    }
    const text = valueFrom.fieldRef ? fieldText(identity, valueFrom.fieldRef.fieldPath) : undefined;
    if (!valueFrom.fieldRef) {
      notes.push(
        `${at}: only fieldRef is rehearsed; ${name} is what it is in your own environment, if set there`,
      );
    } else if (text === undefined)
      problems.push(unknownField(`${at}.valueFrom`, valueFrom.fieldRef.fieldPath));
    else values.set(name, text);
  }
  return [...values].map(([name, value]) => ({ name, value }));
}

function noteWhatIsLeftOut(
  { lifecycle, envFrom }: ContainerManifest,
  path: string,
  { notes }: Findings,
): void {
  if (lifecycle.postStart) notes.push(`${path}.lifecycle.postStart: not run`);
  if (lifecycle.stopSignal) notes.push(`${path}.lifecycle.stopSignal: SIGTERM is sent all the same`);
  if (envFrom.length > 0) notes.push(`${path}.envFrom: not read; your own environment is passed on`);
}
