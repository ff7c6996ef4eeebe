import { nearest } from '../suggest.ts';
import type { Problem } from './problem.ts';
import { variableOf } from './row.ts';
import { AGENT, POD, TOKEN } from './table.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLES: readonly string[] = [...Object.values(POD), ...Object.values(AGENT), TOKEN].map(variableOf);

/**
 * @returns the variable's text. A Service that is called podusher gives every container of its namespace
 * `PODUSHER_PORT=tcp://10.0.0.7:8866`, which is not meant for us (`FromServices` in `pkg/kubelet/envvars`).
 */
export function variable(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  return text !== undefined && /^(tcp|udp|sctp):\/\//.test(text) ? undefined : text;
}

/** The environment is shared with others, so what begins like ours is a problem only where it is a near miss. */
export function variableProblems(environment: Environment): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(environment)) {
    const isStrange = name.startsWith('PODUSHER_') && !VARIABLES.includes(name);
    const meant =
      isStrange && variable(environment, name) !== undefined ? nearest(name, VARIABLES) : undefined;
    if (meant !== undefined) {
      problems.push({ source: `variable ${name}`, message: `Not a setting; did you mean "${meant}"?` });
    }
  }
  return problems;
}
