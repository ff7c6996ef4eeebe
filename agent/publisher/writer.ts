import { readJson } from '../../lib/kubernetes/answer.ts';
import type { Moment } from '../../lib/publisher/known-slices.ts';
import { jsonPatchOf } from '../../lib/publisher/patch.ts';
import { type OurSlice, parseSlice, type Slice } from '../../lib/publisher/slice.ts';
import { type Key, type Store, splitKey } from '../../lib/publisher/store.ts';
import type { Write } from '../../lib/publisher/write.ts';
import type { Answer, ApiClient, Asked, Failure, Limits } from '../kubernetes/client.ts';

/** What became of a write. */
export type Written =
  | { readonly outcome: 'done' }
  /** The slice is another than the one that was known; it is known now. */
  | { readonly outcome: 'conflict' }
  /** Refused, or no answer came: then nobody knows whether it was done, until the next write collides with it. */
  | {
      readonly outcome: 'refused' | 'unanswered';
      readonly reason: string;
      readonly retryAfterMs: number | undefined;
    }
  /** It was not sent: another may lead by now. */
  | { readonly outcome: 'not leading' }
  /**
   * It was slow, and given up for another of the Service's, or for this one stops (`Attempts`): nobody knows
   * whether it was done.
   */
  | { readonly outcome: 'abandoned' };

/** Makes one write of a Service's, and reads the slice where it collides; the signal ends both. */
export type Writer = (key: Key, write: Write, signal: AbortSignal) => Promise<Written>;

type Update = Extract<Write, { readonly type: 'update' }>;

export interface WriterParts {
  readonly client: ApiClient;
  readonly store: Store;
  /** How long this one leads for sure, in ms. */
  readonly leadsForMs: () => number;
  /** Other Services than the write's own have to be reconciled for what was read, of which no watch may tell any more. */
  readonly changed: (keys: readonly Key[]) => void;
}

const LIMITS: Limits = { headMs: 3000, quietMs: 1000, wholeMs: 3000 };
/** A slice of a thousand endpoints, and then some. */
const MOST_BYTES = 4 * 1024 * 1024;
/** With less time than this left to lead, a write is not begun. */
const SHORTEST_MS = 100;
const LEADS_NO_MORE: Failure = { reason: 'Leads no more', isForbidden: true };

const NOT_FOUND = 404;
const CONFLICT = 409;
const UNPROCESSABLE = 422;

/**
 * Invariant: a write ends before this one's time to lead does, be it without an answer. Where it was answered, the store
 * knows what came of it, so that nothing is concluded from slices older than one's own writes. What a write collided with
 * is read as long as that takes within a deadline of its own: reading does no harm, whoever leads.
 */
export function createWriter({ client, store, leadsForMs, changed }: WriterParts): Writer {
  async function send(asked: Asked): Promise<Answer> {
    const leftMs = leadsForMs();
    if (leftMs < SHORTEST_MS) return { ok: false, failure: LEADS_NO_MORE };
    // The account's files are read first; and the process may have been stopped since.
    const forbidden = (): string | undefined =>
      leadsForMs() < SHORTEST_MS ? LEADS_NO_MORE.reason : undefined;
    const wholeMs = Math.min(LIMITS.wholeMs, leftMs);
    return client.ask({ ...asked, forbidden }, { ...LIMITS, wholeMs }, MOST_BYTES);
  }

  /** Reads a slice that is not as it was known: what is answered is believed, though its version may be an older one. */
  async function refresh(key: Key, name: string, signal: AbortSignal): Promise<Written> {
    const [namespace, service] = splitKey(key);
    const asked = store.moment;
    const known = knownAs(key, name);
    const answer = await client.ask({ path: pathOf(namespace, name), signal }, LIMITS, MOST_BYTES);
    if (answer.ok) {
      const read = parseSlice(readJson(answer.body));
      if (read.ok) learn(key, read.value, asked);
      if (!read.ok || read.value.service !== service) store.reserve(key, name);
      return { outcome: 'conflict' };
    }
    if (answer.failure.code !== NOT_FOUND) return failure(answer.failure);
    // One that was told of since is another.
    if (known !== undefined) store.deletedSlice(known);
    return { outcome: 'conflict' };
  }

  /** Somebody may have moved it between Services by its label. */
  function learn(key: Key, slice: Slice, asked: Moment): void {
    const others = store.putSlice(slice, asked).filter(other => other !== key);
    if (others.length > 0) changed(others);
  }

  function knownAs(key: Key, name: string): OurSlice | undefined {
    const known = store.world(key)?.slices.find(slice => slice.name === name);
    return known?.type === 'ours' ? known : undefined;
  }

  /** A patch may not apply to a slice that has changed, and no more is said of it than where it is wrong in itself. */
  async function orConflict(
    key: Key,
    write: Update,
    refused: Written,
    signal: AbortSignal,
  ): Promise<Written> {
    const read = await refresh(key, write.name, signal);
    const { resourceVersion } = knownAs(key, write.name) ?? {};
    const isAsKnown = resourceVersion === write.body.metadata.resourceVersion;
    return read.outcome === 'conflict' && isAsKnown ? refused : read;
  }

  return async (key, write, signal) => {
    const [namespace] = splitKey(key);
    const asked = store.moment;
    const answer = await send({ ...requestOf(namespace, write), signal });
    if (!answer.ok) {
      const { code } = answer.failure;
      const isConflict = code === CONFLICT || (code === NOT_FOUND && write.type !== 'create');
      if (isConflict) return refresh(key, write.name, signal);
      const refused = failure(answer.failure);
      return code === UNPROCESSABLE && write.type === 'update'
        ? orConflict(key, write, refused, signal)
        : refused;
    }
    const read = parseSlice(readJson(answer.body));
    if (write.type !== 'delete') {
      if (!read.ok) return refresh(key, write.name, signal);
      learn(key, read.value, asked);
      return { outcome: 'done' };
    }
    // One that somebody's finalizer keeps is told as it is now (else a Status is): its name is taken until it is gone.
    const isKept = read.ok && read.value.type === 'ours' && read.value.isTerminating;
    if (isKept) learn(key, read.value, asked);
    else store.deletedSlice({ namespace, name: write.name, uid: write.body.preconditions.uid });
    return { outcome: 'done' };
  };
}

function requestOf(namespace: string, write: Write): Pick<Asked, 'path' | 'method' | 'body'> {
  const { type, name, body } = write;
  if (type === 'create') return { path: pathOf(namespace), method: 'POST', body };
  const path = pathOf(namespace, name);
  return type === 'update'
    ? { path, method: 'PATCH', body: jsonPatchOf(body) }
    : { path, method: 'DELETE', body };
}

function pathOf(namespace: string, name?: string): string {
  const folder = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  return name === undefined ? folder : `${folder}/${name}`;
}

function failure({ reason, code, retryAfterMs, isForbidden }: Failure): Written {
  if (isForbidden) return { outcome: 'not leading' };
  const isAnswered = code !== undefined && code !== 429 && code < 500;
  return { outcome: isAnswered ? 'refused' : 'unanswered', reason, retryAfterMs };
}
