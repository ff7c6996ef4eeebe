/** Who plays in a rehearsal: a manifest's pod with a command for each container, and where the load goes. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Manifest, parseDocument, readManifest } from '../../lib/kubelet/manifest.ts';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';
import { findMismatches } from '../../lib/lint/mismatches.ts';
import { misplacedAnnotations } from '../../lib/lint/misplaced.ts';
import type { Mismatch } from '../../lib/lint/subject.ts';
import { unknownFields } from '../../lib/lint/unknown-fields.ts';
import { messageOf } from '../../lib/message-of.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { readCommandLine } from '../command-line.ts';
import type { Options } from './options.ts';

export interface Cast {
  readonly pod: Pod;
  readonly actors: ReadonlyMap<string, Actor>;
  readonly target: Target;
  /** What of the manifest is left out. */
  readonly notes: readonly string[];
  /** What of it Kubernetes does not know, and, where podusher is in the pod, what does not fit together. */
  readonly warnings: readonly Mismatch[];
}

/** A container's process on this machine. */
export interface Actor {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Whether it is `podusher agent`, whose log has the drain's timeline. */
  readonly isAgent: boolean;
}

/** Where the load goes. */
export interface Target {
  readonly container: string;
  readonly port: number;
  readonly path: string;
}

const LARGEST = 1024 * 1024;

/** @returns the cast of a manifest, or all problems, each with the file before it. */
export function readCast(file: string, options: Options): Parsed<Cast> {
  const told = (problems: readonly string[]): Parsed<never> =>
    unparsed(...problems.map(problem => `${file}: ${problem}`));
  let text: string;
  try {
    if (statSync(file).size > LARGEST) return told(['Larger than 1 MiB; accepted: a manifest']);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return told([`Cannot be read: ${messageOf(error)}`]);
  }
  const document = parseDocument(text);
  if (!document.ok) return told(document.problems);
  const unknown = unknownFields(document.value);
  const manifest = readManifest(document.value);
  if (!manifest.ok) {
    // What is missed may be what is misspelt.
    return told([...manifest.problems, ...unknown.map(({ where, message }) => `${where}: ${message}`)]);
  }
  const { pod, notes } = manifest.value;
  const problems: string[] = [];
  const actors = new Map<string, Actor>();
  for (const container of pod.containers) {
    const actor = actorOf(container, dirname(resolve(file)), options.run.get(container.name));
    if (actor.ok) actors.set(container.name, actor.value);
    else problems.push(...actor.problems);
  }
  for (const name of options.run.keys()) {
    if (pod.containers.every(container => container.name !== name)) {
      problems.push(
        `--run ${name}=…: no such container; the pod has ${pod.containers.map(one => one.name).join(', ')}`,
      );
    }
  }
  const target = targetOf(pod, options);
  if (!target.ok) problems.push(...target.problems);
  if (!target.ok || problems.length > 0) return told(problems);
  const isUshered = [...actors.values()].some(({ isAgent }) => isAgent);
  const misplaced = isUshered ? misplacedAnnotations(document.value) : [];
  const warnings = [...unknown, ...misplaced, ...warningsOf(manifest.value, actors, options.run)];
  return parsed({
    pod,
    actors,
    target: target.value,
    notes: notes.map(note => `${file}: ${note}`),
    warnings,
  });
}

/** The agent's own settings are told by its flags and, as in `stageOf`, by this process' variables too. */
function warningsOf(
  manifest: Manifest,
  actors: ReadonlyMap<string, Actor>,
  run: Options['run'],
): readonly Mismatch[] {
  const agent = manifest.pod.containers.find(({ name }) => actors.get(name)?.isAgent === true);
  if (agent === undefined) return [];
  const words = run.get(agent.name)?.trim().split(/\s+/u) ?? actors.get(agent.name)?.command ?? [];
  const own = Object.fromEntries(agent.env.map(({ name, value }) => [name, value]));
  return findMismatches(manifest, {
    name: agent.name,
    flags: readCommandLine(words.slice(2)).flags,
    environment: { ...process.env, ...own },
  });
}

function actorOf(container: Container, folder: string, run: string | undefined): Parsed<Actor> {
  const { name, args, workingDir } = container;
  if (run !== undefined) {
    const command = ['/bin/sh', '-c', execed(run)];
    return parsed({ command, cwd: process.cwd(), isAgent: /^podusher agent\b/u.test(run.trim()) });
  }
  const command = container.command === undefined ? ofImage(container) : [...container.command, ...args];
  if (command === undefined) {
    return unparsed(`Container "${name}" has no command of its own; give it one: --run ${name}='CMD'`);
  }
  const cwd = resolve(folder, workingDir ?? '.');
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const instead = `give the container a command that runs here: --run ${name}='CMD'`;
    return unparsed(`Container "${name}" works in "${cwd}", which is no folder here; ${instead}`);
  }
  return parsed({ command, cwd, isAgent: command[0] === 'podusher' && command[1] === 'agent' });
}

/** Our own image's ENTRYPOINT and CMD are known (Dockerfile). */
function ofImage({ image, args }: Container): readonly string[] | undefined {
  if (!/(^|\/)podusher([:@]|$)/u.test(image)) return undefined;
  return ['podusher', ...(args.length > 0 ? args : ['agent'])];
}

/** A single command replaces the shell, so that it gets SIGTERM itself; a list of commands keeps it. */
function execed(command: string): string {
  const isSingle = !/[;&|<>()`\n]/u.test(command) && !/^\s*\w+=/u.test(command);
  return isSingle ? `exec ${command}` : command;
}

function targetOf(pod: Pod, { port, path }: Options): Parsed<Target> {
  const { containers, annotations } = pod;
  const nonCritical = new Set((annotations['podusher.dev/non-critical'] ?? '').trim().split(/\s*,\s*/u));
  const serves = ({ name, kind, ports }: Container): boolean =>
    kind === 'regular' && ports.length > 0 && !nonCritical.has(name);
  const declares = (container: Container): boolean => container.ports.some(one => one.port === port);
  const container = containers.find(declares) ?? containers.find(serves) ?? containers.at(-1);
  const chosen = port ?? container?.ports[0]?.port;
  if (container === undefined || chosen === undefined) {
    return unparsed('No critical container declares a port to send requests to; say which: --port PORT');
  }
  return parsed({ container: container.name, port: chosen, path });
}
