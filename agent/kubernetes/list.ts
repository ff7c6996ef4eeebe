import { parseList } from '../../lib/kubernetes/answer.ts';
import type { Failure } from './client.ts';
import { type Following, pathOf, type Reading, TIMING, type Turn } from './following.ts';

/** Ten slices of a thousand endpoints, the most there can be, are 4 MiB; a hundred endpoints are usual. */
const PAGE_ITEMS = 10;
const MOST_PAGE_BYTES = 6 * 1024 * 1024;

/**
 * Reads a list page by page; `resourceVersion` unset, so that it is the latest (not a cache's). Whatever the pages say,
 * it ends: by its deadline, or by the most pages there may be.
 */
export async function readList(following: Following, signal: AbortSignal): Promise<Turn> {
  const { client, path, mostPages, heard, timing = TIMING } = following;
  const endsAt = performance.now() + timing.wholeListMs;
  const reading = following.reading();
  let next: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const leftMs = Math.ceil(endsAt - performance.now());
    if (leftMs <= 0) return failed({ reason: `The list was not read within ${timing.wholeListMs} ms` });
    const limits = { ...timing.list, wholeMs: Math.min(timing.list.wholeMs, leftMs) };
    const query = { ...following.query, limit: String(PAGE_ITEMS), ...(next && { continue: next }) };
    const answer = await client.ask({ path: pathOf(path, query), signal }, limits, MOST_PAGE_BYTES);
    if (!answer.ok) return failed(answer.failure);
    const page = parseList(answer.body);
    if (!page.ok) return failed({ reason: page.problems.join('; ') });
    heard();
    const { items, resourceVersion } = page.value;
    const problem = takeAll(items, reading);
    if (problem !== undefined) return failed({ reason: problem });
    next = page.value.next;
    if (next !== undefined) continue;
    const missing = reading.end();
    if (missing !== undefined) return failed({ reason: missing });
    return { version: resourceVersion, failure: undefined, wasGood: false };
  }
  return failed({ reason: `More than ${mostPages * PAGE_ITEMS} objects` });
}

/** @returns the first problem: what comes after it is left unread. */
function takeAll(items: readonly unknown[], reading: Reading): string | undefined {
  if (items.length > PAGE_ITEMS)
    return `A page of ${items.length} objects, where ${PAGE_ITEMS} were asked for`;
  for (const item of items) {
    const problem = reading.take(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function failed(failure: Failure): Turn {
  return { version: undefined, failure, wasGood: false };
}
