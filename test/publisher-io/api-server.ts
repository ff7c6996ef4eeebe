/**
 * An API server that keeps objects as the real one does: versions, lists in pages, watches, preconditions; but that two
 * namespaces have no objects of one name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { parsed } from '../../lib/parsed.ts';
import { refuse, send } from '../kubernetes/answers.ts';
import { type Change, ListingServer } from '../kubernetes/listing-server.ts';
import { type Json, metadataOf, patched } from '../publisher/server.ts';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  /** `pods`, `leases`. */
  readonly resource: string;
  readonly name: string | undefined;
  /** Undefined: all of the cluster. */
  readonly namespace: string | undefined;
  readonly isWatch: boolean;
  readonly query: URLSearchParams;
  /** By its token. */
  readonly who: string;
  readonly body: Json;
}

/** Answers in the server's place. @returns false for what the server is to answer itself. */
export type Fault = (asked: Asked, response: ServerResponse) => boolean | Promise<boolean>;

export class ApiServer extends ListingServer<Json> {
  readonly asked: Asked[] = [];
  fault: Fault | undefined;
  /** Called after each change. */
  onChange: ((change: Change<Json>) => void) | undefined;
  readonly #objects = new Map<string, Map<string, Json>>();

  static async start(context: TestContext): Promise<ApiServer> {
    const api = new ApiServer();
    context.after(() => api.end());
    await api.listen();
    return api;
  }

  put(resource: string, object: object): void {
    const all = this.#of(resource);
    const name = metadataOf(object).name;
    const before = all.get(name);
    const uid = metadataOf(before)['uid'] ?? metadataOf(object)['uid'] ?? `uid-${this.now}`;
    this.#change(resource, before === undefined ? 'ADDED' : 'MODIFIED', { ...object }, { uid });
  }

  remove(resource: string, name: string): void {
    const object = this.#of(resource).get(name);
    if (object !== undefined) this.#change(resource, 'DELETED', object, {});
  }

  all(resource: string): Json[] {
    return [...this.#of(resource).values()];
  }

  /** Writes of slices that were asked for. */
  get writes(): Asked[] {
    return this.asked.filter(({ method, resource }) => method !== 'GET' && resource === 'endpointslices');
  }

  /** @returns what restores all that there is now, as from a backup of etcd: versions go back, and every connection breaks. */
  backup(): () => void {
    const version = this.now;
    const kept = structuredClone(this.#objects);
    return () => {
      this.#objects.clear();
      for (const [resource, all] of kept) this.#objects.set(resource, all);
      this.goBack(version);
      this.breakOff();
    };
  }

  #of(resource: string): Map<string, Json> {
    const all = this.#objects.get(resource) ?? new Map<string, Json>();
    this.#objects.set(resource, all);
    return all;
  }

  #change(resource: string, type: string, object: Json, metadata: Json): Json {
    const change = this.change(resource, type, resourceVersion => ({
      ...object,
      metadata: { ...metadataOf(object), ...metadata, resourceVersion },
    }));
    const told = change.object;
    const { name } = metadataOf(told);
    if (type === 'DELETED') this.#of(resource).delete(name);
    else this.#of(resource).set(name, told);
    this.onChange?.(change);
    return told;
  }

  protected override take(request: IncomingMessage, response: ServerResponse): void {
    void this.#take(request, response);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://api');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const [, namespace, resource = '', name] =
      /^\/apis?\/.*?v1(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/(.+))?$/.exec(pathname) ?? [];
    const asked: Asked = {
      method: request.method ?? '',
      resource,
      name,
      namespace,
      isWatch: query.get('watch') === 'true',
      query,
      who: request.headers.authorization?.replace('Bearer ', '') ?? '',
      body: body === '' ? {} : Object(JSON.parse(body)),
    };
    this.asked.push(asked);
    if (this.fault !== undefined && (await this.fault(asked, response))) return;
    this.answer(asked, response);
  }

  /** As a server without faults does. */
  answer(asked: Asked, response: ServerResponse): void {
    const { method, resource, name, namespace, query, body } = asked;
    const fits = (object: object): boolean =>
      namespace === undefined || metadataOf(object)['namespace'] === namespace;
    const before = name === undefined ? undefined : this.#of(resource).get(name);
    if (method === 'GET' && name === undefined) {
      if (asked.isWatch) return this.watch(resource, query, response, fits);
      return this.list(this.all(resource).filter(fits), query, response);
    }
    if (method === 'POST') {
      if (this.#of(resource).has(metadataOf(body).name)) return refuse(response, 409, 'already exists');
      const uid = `uid-${this.now}`;
      return send(response, 201, this.#change(resource, 'ADDED', body, { uid }));
    }
    if (before === undefined) return refuse(response, 404, 'not found');
    if (method === 'GET') return send(response, 200, before);
    const after = method === 'PATCH' ? patched(before, Array.isArray(body) ? body : []) : parsed(body);
    if (!after.ok) return refuse(response, 422, after.problems.join());
    const wanted = method === 'DELETE' ? Object(body['preconditions']) : metadataOf(after.value);
    if (wanted.resourceVersion !== metadataOf(before)['resourceVersion'])
      return refuse(response, 409, 'the object has been modified');
    if (method === 'DELETE') {
      this.#change(resource, 'DELETED', before, {});
      return send(response, 200, { kind: 'Status', status: 'Success' });
    }
    send(response, 200, this.#change(resource, 'MODIFIED', after.value, { uid: metadataOf(before)['uid'] }));
  }
}
