/** What a pod's containers have written, as they write it: the only account of a pod's end that is true. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { kubectlCommand } from '../kubectl.ts';
import { until } from '../wait.ts';

/** A line of a container's log. */
export interface Line {
  readonly container: string;
  /** When it was written, in ms since the epoch, by the clock of the pod's node. */
  readonly at: number;
  /** A recorder's `what`; the agent's `entry.type`, `check`, or `log`. */
  readonly what: string;
  /** All of the line, or of the agent's entry. */
  readonly more: Readonly<Record<string, unknown>>;
}

export interface Witness {
  /** In the order in which they came: that of their writing within each container, not among them. */
  readonly lines: readonly Line[];
  /** @returns the first line that fits, once it has come */
  readonly seen: (what: string, container: string, more?: object, timeoutMs?: number) => Promise<Line>;
  /** @returns the first line that fits; fails the test without one */
  readonly line: (what: string, container: string, more?: object) => Line;
  readonly all: (what: string, container: string, more?: object) => readonly Line[];
  /** Resolves when recorders listen: without a readiness probe a pod is Ready before its programs are up. */
  readonly listening: (...containers: readonly string[]) => Promise<void>;
  /** Resolves when all the containers that it follows have ended. */
  readonly ended: () => Promise<void>;
}

const SEEN_MS = 60_000;
const ENDED_MS = 120_000;

/**
 * Follows the logs of all containers of a pod, from their beginning; they must have started. Of a container that is
 * started again it follows no more than the first run.
 */
export function follow(context: TestContext, namespace: string, pod: string): Witness {
  const logs = [
    'logs',
    '--follow',
    '--all-containers',
    '--prefix',
    '--max-log-requests=20',
    '--ignore-errors',
  ];
  const [file = '', ...args] = kubectlCommand();
  const child = spawn(file, [...args, '--namespace', namespace, ...logs, pod], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  atEnd(context, () => child.kill('SIGKILL'));
  const lines: Line[] = [];
  let isOver = false;
  createInterface({ input: child.stdout })
    .on('line', text => lines.push(...readLine(text)))
    .once('close', () => (isOver = true));
  return witnessOf(lines, () => isOver);
}

/** @param isOver tells whether no more lines will come. */
export function witnessOf(lines: readonly Line[], isOver: () => boolean): Witness {
  const all: Witness['all'] = (what, container, more = {}) =>
    lines.filter(
      one =>
        one.what === what &&
        one.container === container &&
        Object.entries(more).every(([key, value]) => one.more[key] === value),
    );
  const line: Witness['line'] = (what, container, more) => {
    const [first] = all(what, container, more);
    if (first === undefined)
      throw new Error(`There is no ${nameOf(what, container, more)} in\n${told(lines)}`);
    return first;
  };
  const seen: Witness['seen'] = async (what, container, more, timeoutMs = SEEN_MS) => {
    const isThere = (): boolean => all(what, container, more).length > 0;
    await until(nameOf(what, container, more), isThere, { timeoutMs }).catch((cause: unknown) => {
      throw new Error(`${Object(cause).message} in\n${told(lines)}`, { cause });
    });
    return line(what, container, more);
  };
  return {
    lines,
    all,
    line,
    seen,
    listening: async (...containers) => {
      for (const container of containers) await seen('listening', container);
    },
    ended: () => until('the pod has ended', isOver, { timeoutMs: ENDED_MS }),
  };
}

function nameOf(what: string, container: string, more: object = {}): string {
  return `"${what}" of "${container}" ${JSON.stringify(more)}`;
}

/** @param text a line of `kubectl logs --prefix`: `[pod/NAME/CONTAINER] {…}`. What is no JSON is not ours. */
function readLine(text: string): Line[] {
  const [, container, json] = /^\[pod\/[^/]+\/([^\]]+)\] (\{.*\})$/u.exec(text) ?? [];
  return container === undefined || json === undefined ? [] : [lineOf(container, json)];
}

/** @returns a line of a recorder, or of the agent */
export function lineOf(container: string, json: string): Line {
  const { entry, check, ...rest } = Object(JSON.parse(json));
  if (entry !== undefined) return { container, at: entry.at, what: entry.type, more: entry };
  if (check !== undefined)
    return { container, at: Date.parse(rest.time), what: 'check', more: { check, ...rest } };
  return { container, at: rest.at ?? Date.parse(rest.time), what: rest.what ?? 'log', more: rest };
}

/** @returns lines as a table in the order of time, without the beats */
export function told(lines: readonly Line[]): string {
  const [first] = lines;
  return lines
    .filter(({ what }) => what !== 'alive' && what !== 'probe')
    .toSorted((a, b) => a.at - b.at)
    .map(
      ({ at, container, what, more }) =>
        `${at - (first?.at ?? at)} ${container} ${what} ${JSON.stringify(more)}`,
    )
    .join('\n');
}
