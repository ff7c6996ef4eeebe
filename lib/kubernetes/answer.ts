/** What the API server answers with: lists, the lines of a watch, and refusals. Objects are left unread. */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { oneLine } from '../timeline/words.ts';

/** One page of a list. `resourceVersion` is where a watch goes on from; `next` asks for the next page. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly next: string | undefined;
}

/** One line of a watch (`WatchEvent` in `k8s.io/apimachinery/pkg/apis/meta/v1/watch.go`). */
export type WatchLine =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: unknown;
      readonly resourceVersion: string;
    }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  /** The watch ends. 410: its version is forgotten, and the list must be read anew. */
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

const metadata = v.object({ resourceVersion: v.pipe(v.string(), v.minLength(1), v.maxLength(256)) });

const list = v.object({
  metadata: v.object({ ...metadata.entries, continue: v.optional(v.pipe(v.string(), v.maxLength(8192))) }),
  // An empty list is null where Go has no slice.
  items: v.nullable(v.array(v.unknown())),
});

const status = v.object({
  message: v.optional(v.string(), ''),
  code: v.optional(v.number(), 0),
});

const change = v.object({
  type: v.picklist(['ADDED', 'MODIFIED', 'DELETED']),
  object: v.looseObject({ metadata: v.looseObject(metadata.entries) }),
});
const bookmark = v.object({ type: v.literal('BOOKMARK'), object: v.object({ metadata }) });
const error = v.object({ type: v.literal('ERROR'), object: status });

/** @returns the page, or a problem where the body is not a list. */
export function parseList(body: string): Parsed<ListPage> {
  const read = v.safeParse(list, readJson(body));
  if (!read.success) return unparsed(`The answer is not a list: ${quoted(body)}`);
  const { items, metadata: meta } = read.output;
  return parsed({
    items: items ?? [],
    resourceVersion: meta.resourceVersion,
    next: meta.continue || undefined,
  });
}

/** @returns the line, or a problem where it is not one of a watch. */
export function parseWatchLine(text: string): Parsed<WatchLine> {
  const read = v.safeParse(v.variant('type', [change, bookmark, error]), readJson(text));
  if (!read.success) return unparsed(`Not a line of a watch: ${quoted(text)}`);
  const { output } = read;
  if (output.type === 'ERROR') return parsed({ type: 'ERROR', ...output.object });
  const { resourceVersion } = output.object.metadata;
  if (output.type === 'BOOKMARK') return parsed({ type: 'BOOKMARK', resourceVersion });
  return parsed({ type: output.type, object: output.object, resourceVersion });
}

/** Whom a 403 refuses what: with the longest names it takes as much. */
const LONGEST_REFUSAL = 500;

/** @returns why a request was refused, in a phrase: `HTTP 403: pods is forbidden: …`. */
export function refusal(code: number, body: string): string {
  const read = v.safeParse(status, readJson(body));
  const message =
    read.success && read.output.message !== '' ? `: ${oneLine(read.output.message, LONGEST_REFUSAL)}` : '';
  return `HTTP ${code}${message}`;
}

/** @returns what the text says; undefined where it is not JSON, which no object is */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
