import { nearest } from '../suggest.ts';
import type { Problem } from './problem.ts';
import { type Row, variableOf } from './row.ts';
import { AGENT, POD, TOKEN } from './table.ts';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const ROWS: readonly Row<unknown>[] = [...Object.values(POD), ...Object.values(AGENT), TOKEN];

/**
 * @returns the variable's text. A Service that is called podusher gives every container of its namespace
 * `PODUSHER_PORT=tcp://10.0.0.7:8866`, which is not meant for us (`FromServices` in `pkg/kubelet/envvars`).
 */
export function variable(environment: Environment, name: string): string | undefined {
  const text = environment[name];
  return text !== undefined && /^(tcp|udp|sctp):\/\//.test(text) ? undefined : text;
}

/**
 * The environment is shared with others, so what begins like ours is a problem only where it is a near miss.
 * @param rows the settings that a command takes.
 */
export function variableProblems(environment: Environment, rows: readonly Row<unknown>[] = ROWS): Problem[] {
  const known = rows.map(variableOf);
  const problems: Problem[] = [];
  for (const name of Object.keys(environment)) {
    const isStrange = name.startsWith('PODUSHER_') && !known.includes(name);
    const meant = isStrange && variable(environment, name) !== undefined ? nearest(name, known) : undefined;
    if (meant !== undefined) {
      problems.push({ source: `variable ${name}`, message: `Not a setting; did you mean "${meant}"?` });
    }
  }
  return problems;
}
