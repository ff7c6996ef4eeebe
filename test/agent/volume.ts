import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** By key. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * A downward-API volume with the file `annotations`, written as the kubelet does: each version in a folder of its own,
 * to which the link `..data` is swapped at once (`AtomicWriter` in `pkg/volume/util/atomic_writer.go`).
 */
export class Volume {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podusher-agent-'));
  readonly file: string = join(this.folder, 'annotations');
  #version = 0;

  constructor(annotations: Annotations) {
    this.write(annotations);
    symlinkSync(join('..data', 'annotations'), this.file);
  }

  write(annotations: Annotations): void {
    this.writeText(formatted(annotations));
  }

  /** Whatever it is. */
  writeText(text: string | Uint8Array): void {
    this.#swap(payload => writeFileSync(join(payload, 'annotations'), text));
  }

  /** A version in which the file is a folder: it is there and cannot be read, even by root. */
  writeUnreadable(): void {
    this.#swap(payload => mkdirSync(join(payload, 'annotations')));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #swap(fill: (payload: string) => void): void {
    const before = join(this.folder, `..version_${this.#version}`);
    const payload = `..version_${++this.#version}`;
    mkdirSync(join(this.folder, payload));
    fill(join(this.folder, payload));
    symlinkSync(payload, join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
    rmSync(before, { recursive: true, force: true });
  }
}

/** @returns the file's text. Go's `%q` and JSON quote what the tests write in the same way. */
export function formatted(annotations: Annotations): string {
  return Object.entries(annotations)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
