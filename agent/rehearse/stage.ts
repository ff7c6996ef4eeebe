/** A container's command, variables and files, as far as they exist without a container. */
import { dirname } from 'node:path';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';
import { AGENT } from '../../lib/settings/table.ts';
import type { Actor } from './cast.ts';
import { OUTSIDE_ADDRESS } from './outside-address.ts';
import type { Surroundings } from './process.ts';
import type { Workspace } from './workspace.ts';

/** Where the agent looks for the annotations unless told otherwise. */
const ANNOTATIONS_FILE = AGENT.annotationsFile.default;

/** What is needed to start a container, its exec probes and its exec hook. */
export interface Stage extends Surroundings {
  readonly command: readonly string[];
  /** @returns a command of the manifest with its volumes' paths as they are here. */
  here(command: readonly string[]): readonly string[];
  /** @returns a line of its output with the paths as they are in the pod. */
  there(line: string): string;
}

/**
 * @returns the container's stage. There is no mount namespace: where a command, an argument or a variable names
 * the path of a volume, it gets the path of the directory that stands for it.
 */
export function stageOf(
  container: Container,
  actors: ReadonlyMap<string, Actor>,
  pod: Pod,
  workspace: Workspace,
): Stage {
  const actor = actors.get(container.name);
  if (actor === undefined) throw new TypeError(`Container "${container.name}" has no command`);
  const mounts = container.mounts
    .map(({ volume, path }) => ({ path: path.replace(/\/+$/u, ''), directory: workspace.volume(volume) }))
    .toSorted((a, b) => b.path.length - a.path.length);
  const here = (text: string): string => {
    let result = text;
    for (const { path, directory } of mounts) {
      if (directory !== undefined) result = result.replaceAll(wholePath(path), () => directory);
    }
    return result;
  };
  const there = (line: string): string => {
    let result = line;
    for (const { path, directory } of mounts) {
      if (directory !== undefined) result = result.replaceAll(wholePath(directory), () => path);
    }
    return result;
  };
  const own = Object.fromEntries(container.env.map(({ name, value }) => [name, here(value)]));
  const env: Record<string, string | undefined> = {
    ...process.env,
    HOSTNAME: pod.name,
    // Here the hostname is the machine's.
    PODUSHER_POD_NAME: pod.name,
    PODUSHER_OUTSIDE_ADDRESS: OUTSIDE_ADDRESS,
    ...own,
    PATH: [workspace.bin, dirname(process.execPath), own['PATH'] ?? process.env['PATH'] ?? ''].join(':'),
  };
  const annotations = here(ANNOTATIONS_FILE);
  if (annotations !== ANNOTATIONS_FILE) env['PODUSHER_ANNOTATIONS_FILE'] ??= annotations;
  return {
    command: actor.command.map(here),
    cwd: actor.cwd,
    env,
    here: command => command.map(here),
    there,
  };
}

/** The path itself or what is below it, but not a longer name that begins alike. */
function wholePath(path: string): RegExp {
  return new RegExp(`${path.replaceAll(/[^\w/]/gu, String.raw`\$&`)}(?![\\w.-])`, 'g');
}
