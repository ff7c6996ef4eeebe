import { parseList } from '../../lib/kubernetes/answer.ts';
import type { Failure } from './client.ts';
import { type Following, pathOf, TIMING, type Turn } from './following.ts';

/** Ten slices of a thousand endpoints, the most there can be, are 4 MiB; a hundred endpoints are usual. */
const PAGE_ITEMS = 10;
const MOST_PAGE_BYTES = 6 * 1024 * 1024;
const MOST_PAGES = 500;

/** Reads a list page by page; `resourceVersion` unset, so that it is the latest (not a cache's). */
export async function readList(following: Following, signal: AbortSignal): Promise<Turn> {
  const { client, path, heard, timing = TIMING } = following;
  const reading = following.reading();
  let next: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const query = { ...following.query, limit: String(PAGE_ITEMS), ...(next && { continue: next }) };
    const answer = await client.ask({ path: pathOf(path, query), signal }, timing.list, MOST_PAGE_BYTES);
    if (!answer.ok) return failed(answer.failure);
    const page = parseList(answer.body);
    if (!page.ok) return failed({ reason: page.problems.join('; ') });
    heard();
    const { items, resourceVersion } = page.value;
    const problem = items.map(item => reading.take(item)).find(one => one !== undefined);
    if (problem !== undefined) return failed({ reason: problem });
    next = page.value.next;
    if (next !== undefined) continue;
    const missing = reading.end();
    if (missing !== undefined) return failed({ reason: missing });
    return { version: resourceVersion, failure: undefined, wasGood: false };
  }
  return failed({ reason: `More than ${MOST_PAGES * PAGE_ITEMS} objects` });
}

function failed(failure: Failure): Turn {
  return { version: undefined, failure, wasGood: false };
}
