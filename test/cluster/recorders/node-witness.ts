/** What a pod's containers have written, from their node's files: whoever else is down, they can be read. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from '../at-end.ts';
import { NODES } from '../machine/place.ts';
import type { NodeName } from '../nodes.ts';
import { podStatus } from '../pod-status.ts';
import { type Line, lineOf, type Witness, witnessOf } from './witness.ts';

const EVERY_MS = 50;

/** Follows all of a pod's containers on a node of ours, from their beginning, until the test ends. */
export async function followOnNode(
  context: TestContext,
  node: NodeName,
  namespace: string,
  pod: string,
): Promise<Witness> {
  const { uid } = await podStatus(namespace, pod);
  const place = NODES.find(({ name }) => name === node);
  if (place === undefined) throw new Error(`There is no node "${node}"`);
  const folder = join(place.folder, 'log', 'pods', `${namespace}_${pod}_${uid}`);
  const lines: Line[] = [];
  const files = new Map<string, LogFile>();
  const look = (): void => {
    for (const { container, path } of logsIn(folder)) {
      if (!files.has(path)) files.set(path, { container, file: openSync(path, 'r'), rest: '' });
    }
    for (const log of files.values()) lines.push(...readOn(log));
  };
  const timer = setInterval(look, EVERY_MS);
  atEnd(context, () => {
    clearInterval(timer);
    for (const { file } of files.values()) closeSync(file);
  });
  look();
  return witnessOf(lines, () =>
    lines.some(({ what, container }) => what === 'exit' && container === 'podusher'),
  );
}

interface LogFile {
  readonly container: string;
  /** It is there as long as it is open, though the kubelet removes it. */
  readonly file: number;
  /** The beginning of a line that is not all written. */
  rest: string;
}

function logsIn(folder: string): readonly { readonly container: string; readonly path: string }[] {
  try {
    return readdirSync(folder).flatMap(container =>
      readdirSync(join(folder, container)).map(name => ({ container, path: join(folder, container, name) })),
    );
  } catch {
    // It is not there yet, or not any more.
    return [];
  }
}

/** @returns the lines that have come since: `TIME stdout F {…}`, as the container runtime writes them */
function readOn(log: LogFile): Line[] {
  const buffer = Buffer.alloc(64 * 1024);
  for (let length = -1; length !== 0; ) {
    length = readSync(log.file, buffer);
    log.rest += buffer.toString('utf8', 0, length);
  }
  const lines = log.rest.split('\n');
  log.rest = lines.pop() ?? '';
  return lines.flatMap(text => {
    const [, json] = /^\S+ stdout F (\{.*\})$/u.exec(text) ?? [];
    return json === undefined ? [] : [lineOf(log.container, json)];
  });
}
