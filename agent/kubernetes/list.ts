import { parseList } from '../../lib/kubernetes/answer.ts';
import type { Failure } from './client.ts';
import {
  type Following,
  LARGEST_OBJECT,
  type PageSize,
  pathOf,
  type Reading,
  TIMING,
  type Turn,
} from './following.ts';

/** Ten slices of a thousand endpoints, the most there can be, are 4 MiB; a hundred endpoints are usual. */
const PAGE: PageSize = { items: 10, mostBytes: LARGEST_OBJECT, fewestItems: 10 };

/**
 * Reads a list page by page; `resourceVersion` unset, so that it is the latest (not a cache's). Whatever the pages say,
 * it ends: by its deadline, or by the most pages there may be.
 */
export async function readList(following: Following, signal: AbortSignal): Promise<Turn> {
  const { client, path, mostPages, heard, timing = TIMING, page: size = PAGE } = following;
  const endsAt = performance.now() + timing.wholeListMs;
  const reading = following.reading();
  let next: string | undefined;
  let limit = size.items;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const leftMs = Math.ceil(endsAt - performance.now());
    if (leftMs <= 0) return failed({ reason: `The list was not read within ${timing.wholeListMs} ms` });
    const limits = { ...timing.list, wholeMs: Math.min(timing.list.wholeMs, leftMs) };
    const query = { ...following.query, limit: String(limit), ...(next && { continue: next }) };
    const answer = await client.ask({ path: pathOf(path, query), signal }, limits, size.mostBytes);
    if (!answer.ok && answer.failure.isTooLong === true && limit > size.fewestItems) {
      limit = Math.max(size.fewestItems, Math.floor(limit / 4));
      continue;
    }
    if (!answer.ok) return failed(answer.failure);
    const page = parseList(answer.body);
    if (!page.ok) return failed({ reason: page.problems.join('; ') });
    heard();
    const { items, resourceVersion } = page.value;
    const problem = takeAll(items, limit, reading);
    if (problem !== undefined) return failed({ reason: problem });
    next = page.value.next;
    limit = Math.min(size.items, limit * 2);
    if (next !== undefined) continue;
    const missing = reading.end(resourceVersion);
    if (missing !== undefined) return failed({ reason: missing });
    return { version: resourceVersion, failure: undefined, wasGood: false };
  }
  return failed({ reason: `More than ${mostPages * size.items} objects` });
}

/** @returns the first problem: what comes after it is left unread. */
function takeAll(items: readonly unknown[], limit: number, reading: Reading): string | undefined {
  if (items.length > limit) return `A page of ${items.length} objects, where ${limit} were asked for`;
  for (const item of items) {
    const problem = reading.take(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function failed(failure: Failure): Turn {
  return { version: undefined, failure, wasGood: false };
}
