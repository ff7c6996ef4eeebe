import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { LONGEST_PODINFO_BYTES, parsePodinfo } from '../../lib/settings/podinfo.ts';
import { readBounded } from '../bounded-file.ts';
import { codeOf } from '../error-code.ts';

/** How often the file is read even when no change was seen: inotify may be refused, or miss a bind mount. */
const POLL_MS = 5000;
/** An editor empties a file before it writes it; and a swap of `..data` is several changes. */
const SETTLE_MS = 100;

/** The annotations by key, or why they cannot be read. */
export type Podinfo = Parsed<ReadonlyMap<string, string>>;

/** What is read where there is no file. */
export const NO_FILE: ReadonlyMap<string, string> = new Map();

/**
 * Reads the downward-API file.
 * @param required a missing file is a problem; otherwise there are simply no annotations: `NO_FILE`
 */
export async function readPodinfo(path: string, required: boolean): Promise<Podinfo> {
  try {
    return parsePodinfo(await readBounded(path, LONGEST_PODINFO_BYTES));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !required) return parsed(NO_FILE);
    return unparsed(`Cannot be read (${code}); mount the downward API's metadata.annotations there`);
  }
}

/**
 * Watches the file's folder, for the kubelet swaps the `..data` symbolic link in it (`AtomicWriter` in
 * `pkg/volume/util/atomic_writer.go`), and polls besides.
 *
 * @param changed called when the file may have changed
 * @returns a function that ends the watch
 */
export function watchPodinfo(path: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  let settling: NodeJS.Timeout | undefined;
  const settle = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      changed();
    }, SETTLE_MS).unref();
  };
  const poll = setInterval(changed, POLL_MS).unref();
  try {
    watcher = watch(dirname(path), { persistent: false }, settle);
    watcher.on('error', () => watcher?.close());
  } catch {
    // No folder, or no inotify: polling goes on.
  }
  return () => {
    clearInterval(poll);
    clearTimeout(settling);
    watcher?.close();
  };
}
