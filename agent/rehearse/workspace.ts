/**
 * What a rehearsal leaves in the temporary directory while it runs: the program `podusher` for the containers'
 * PATH, and the downward-API volumes.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DownwardVolume } from '../../lib/kubelet/pod.ts';
import { messageOf } from '../../lib/message-of.ts';
import { RehearsalError } from './failure.ts';

export interface Workspace {
  /** The directory of `podusher`, to come first in PATH. */
  readonly bin: string;
  /** @returns the directory that stands for the volume; undefined where it has none. */
  volume(name: string): string | undefined;
  remove(): void;
}

/**
 * @param program This very program, as `process.argv[1]` names it.
 * @throws {RehearsalError} `ERR_WORKSPACE`: the temporary directory cannot be written.
 */
export function createWorkspace(volumes: readonly DownwardVolume[], program: string): Workspace {
  try {
    const root = mkdtempSync(join(tmpdir(), 'podusher-rehearse-'));
    const bin = join(root, 'bin');
    mkdirSync(bin);
    const command = [process.execPath, ...process.execArgv, realpathSync(program)].map(shellQuoted).join(' ');
    writeFileSync(join(bin, 'podusher'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
    const directories = new Map<string, string>();
    for (const [index, volume] of volumes.entries()) {
      const directory = join(root, `volume-${index}`);
      writeVolume(directory, volume);
      directories.set(volume.name, directory);
    }
    return {
      bin,
      volume: name => directories.get(name),
      remove: () => rmSync(root, { recursive: true, force: true }),
    };
  } catch (cause) {
    throw new RehearsalError('ERR_WORKSPACE', `Cannot write to ${tmpdir()}: ${messageOf(cause)}`, { cause });
  }
}

/** As `AtomicWriter` in `pkg/volume/util/atomic_writer.go`: files are links into `..data`, itself a link. */
function writeVolume(directory: string, { files }: DownwardVolume): void {
  const payload = '..2020_01_01_00_00_00.000000000';
  mkdirSync(join(directory, payload), { recursive: true });
  symlinkSync(payload, join(directory, '..data'));
  for (const { path, text } of files) {
    const file = join(directory, payload, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  for (const top of new Set(files.map(({ path }) => path.split('/')[0] ?? path))) {
    symlinkSync(join('..data', top), join(directory, top));
  }
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
