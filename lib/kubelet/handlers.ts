/**
 * A container's probes and preStop hook, as manifests write them. They are the API's `Probe`, which
 * `lib/readiness` checks; what only the kubelet can do is added here: named ports, commands, a sleep.
 */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { checkProbe } from '../readiness/probe-schema.ts';
import type { ContainerPort, ExecAction, Hook, KubeletProbe } from './pod.ts';

const Fields = v.looseObject({});
const Exec = v.looseObject({ command: v.pipe(v.array(v.string()), v.minLength(1)) });
const Sleep = v.looseObject({ seconds: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3600)) });
const Grace = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3600)));

/** Any valid action: what `checkProbe` is given where the action is not its own, so that it checks the rest. */
const PLACEHOLDER = { tcpSocket: { port: 1 } };

/** @returns the probe with the kubelet's defaults, or all problems. */
export function parseKubeletProbe(value: unknown, ports: readonly ContainerPort[]): Parsed<KubeletProbe> {
  if (!v.is(Fields, value)) return unparsed('is not an object');
  const { exec, terminationGracePeriodSeconds, ...rest } = value;
  const problems: string[] = [];
  const grace = v.safeParse(Grace, terminationGracePeriodSeconds);
  if (!grace.success) problems.push('terminationGracePeriodSeconds: accepted: whole numbers, 1 to 3600');
  const command = exec === undefined ? undefined : parseExec(exec);
  if (command !== undefined && !command.ok) problems.push(...command.problems);
  const probe = checkProbe(exec === undefined ? withNumbers(rest, ports) : { ...rest, ...PLACEHOLDER });
  if (!('action' in probe)) return unparsed(...problems, ...probe);
  if ('host' in probe.action) problems.push(...hostProblems(probe.action.host));
  if (problems.length > 0 || !grace.success) return unparsed(...problems);
  const gracePeriodMs = typeof grace.output === 'number' ? grace.output * 1000 : undefined;
  return parsed({ ...probe, gracePeriodMs, action: command?.ok === true ? command.value : probe.action });
}

/** @returns the preStop hook, or all problems. */
export function parseHook(value: unknown, ports: readonly ContainerPort[]): Parsed<Hook> {
  if (!v.is(Fields, value)) return unparsed('is not an object');
  const set = ['httpGet', 'exec', 'sleep', 'tcpSocket'].filter(name => value[name] !== undefined);
  if (set.length !== 1)
    return unparsed(`${set.length} actions are set; accepted: one of httpGet, exec, sleep`);
  if (value['exec'] !== undefined) return parseExec(value['exec']);
  if (value['sleep'] !== undefined) {
    if (!v.is(Sleep, value['sleep'])) return unparsed('sleep.seconds: accepted: whole numbers, 0 to 3600');
    return parsed({ type: 'sleep', durationMs: value['sleep'].seconds * 1000 });
  }
  const probe = checkProbe(withNumbers(value, ports));
  if (!('action' in probe)) return unparsed(...probe);
  if (probe.action.type !== 'httpGet') return unparsed('tcpSocket: accepted: one of httpGet, exec, sleep');
  const problems = hostProblems(probe.action.host);
  return problems.length > 0 ? unparsed(...problems) : parsed(probe.action);
}

function parseExec(value: unknown): Parsed<ExecAction> {
  if (!v.is(Exec, value)) return unparsed('exec.command: accepted: a list of texts, the program first');
  return parsed({ type: 'exec', command: value.command });
}

/** A port's name stands for its number in its own container (`ResolveContainerPort` in `pkg/probe`). */
function withNumbers(
  value: Record<string, unknown>,
  ports: readonly ContainerPort[],
): Record<string, unknown> {
  const resolved = { ...value };
  for (const action of ['httpGet', 'tcpSocket']) {
    const fields = value[action];
    if (!v.is(Fields, fields)) continue;
    const named = ports.find(({ name }) => name !== undefined && name === fields['port']);
    if (named !== undefined) resolved[action] = { ...fields, port: named.port };
  }
  return resolved;
}

/** A rehearsal talks to nobody but itself. */
function hostProblems(host: string | undefined): string[] {
  if (host === undefined || host === 'localhost' || host === '::1' || host.startsWith('127.')) return [];
  return [`host: "${host}" is not rehearsed; accepted: none, which is the pod, or a loopback address`];
}
