import { parseWatchLine } from '../../lib/kubernetes/answer.ts';
import { takeLines } from '../../lib/kubernetes/lines.ts';
import { type Following, LARGEST_OBJECT, pathOf, TIMING, type Turn } from './following.ts';

/**
 * Watches until the server ends it, or something fails.
 *
 * @param from the version after which changes are wanted
 */
export async function watchFrom(following: Following, from: string, signal: AbortSignal): Promise<Turn> {
  const { client, path, heard, watching, timing = TIMING } = following;
  /** Undefined while a line is taken: where that fails all is read anew. */
  let version: string | undefined = from;
  let rest = '';
  let wasGood = false;
  let settling: NodeJS.Timeout | undefined;

  function takeLine(text: string): string | undefined {
    const line = parseWatchLine(text);
    version = undefined;
    if (!line.ok) return line.problems.join('; ');
    if (line.value.type === 'ERROR') return `The watch ended: ${line.value.code} ${line.value.message}`;
    if (line.value.type !== 'BOOKMARK') {
      const problem = following.changed(line.value.type, line.value.object);
      if (problem !== undefined) return problem;
    }
    version = line.value.resourceVersion;
    heard();
    return undefined;
  }

  function take(text: string): string | undefined {
    const taken = takeLines(rest, text, LARGEST_OBJECT);
    if (taken === undefined) {
      version = undefined;
      return `A line of the watch is longer than ${LARGEST_OBJECT} characters`;
    }
    rest = taken.rest;
    for (const line of taken.lines) {
      const problem = takeLine(line);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  function opened(): void {
    heard();
    settling = setTimeout(() => {
      wasGood = true;
      watching();
    }, timing.shortestWatchMs);
  }

  const query = {
    ...following.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(timing.watchSeconds + Math.floor(Math.random() * timing.spreadSeconds)),
  };
  const failure = await client.stream({ path: pathOf(path, query), signal }, timing.watch, opened, take);
  clearTimeout(settling);
  if (failure !== undefined) return { version: failure.code === 410 ? undefined : version, failure, wasGood };
  return { version, failure: wasGood ? undefined : { reason: 'The watch ended at once' }, wasGood };
}
