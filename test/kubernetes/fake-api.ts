/** An API server of one namespace, as far as the agent asks it; and with whatever faults a test wants. */
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { refuse, send } from './answers.ts';
import { CERTIFICATE } from './certificate.ts';
import { ListingServer } from './listing-server.ts';
import { type EndpointParts, type PodParts, podObject, sliceObject } from './objects.ts';
import { groupOf, isAllowed } from './role.ts';

type Kind = 'pods' | 'endpointslices';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly kind: Kind | 'events';
  readonly isWatch: boolean;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Answers in the server's place. @returns false for what the server is to answer itself. */
export type Fault = (asked: Asked, response: ServerResponse) => boolean;

export class FakeApi extends ListingServer<object> {
  /** A service account's folder. */
  readonly folder: string = this.account('token-1');
  readonly asked: Asked[] = [];
  /** Events that were posted. */
  readonly events: { readonly reason: string; readonly message: string; readonly type: string }[] = [];
  fault: Fault | undefined;
  #pod: PodParts | undefined = {};
  readonly #slices = new Map<string, readonly EndpointParts[]>();

  /** @returns a server that listens on a port of its own; it ends with the test. */
  static async start(context: TestContext): Promise<FakeApi> {
    const api = new FakeApi();
    context.after(() => api.end());
    await api.listen();
    return api;
  }

  writeAccount(token: string, ca: string = CERTIFICATE): void {
    writeFileSync(join(this.folder, 'token'), `${token}\n`);
    writeFileSync(join(this.folder, 'ca.crt'), ca);
    writeFileSync(join(this.folder, 'namespace'), 'shop');
  }

  /** The pod is as given from now on. */
  putPod(parts: PodParts): void {
    const type = this.#pod === undefined ? 'ADDED' : 'MODIFIED';
    this.#pod = parts;
    this.change('pods', type, version => podObject({ ...parts, resourceVersion: version }));
  }

  removePod(): void {
    const last = this.#pod ?? {};
    this.#pod = undefined;
    this.change('pods', 'DELETED', version => podObject({ ...last, resourceVersion: version }));
  }

  putSlice(name: string, ...endpoints: readonly EndpointParts[]): void {
    const type = this.#slices.has(name) ? 'MODIFIED' : 'ADDED';
    this.#slices.set(name, endpoints);
    this.change('endpointslices', type, version => sliceObject(name, endpoints, version));
  }

  removeSlice(name: string): void {
    const last = this.#slices.get(name) ?? [];
    this.#slices.delete(name);
    this.change('endpointslices', 'DELETED', version => sliceObject(name, last, version));
  }

  /** @returns the lists, or the watches, of a kind that were asked for. */
  askedFor(kind: Asked['kind'], isWatch = false): Asked[] {
    return this.asked.filter(one => one.kind === kind && one.isWatch === isWatch);
  }

  protected override take(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://api');
    const kind = pathname.split('/').at(-1);
    if (kind !== 'pods' && kind !== 'endpointslices' && kind !== 'events') return refuse(response, 404);
    const asked: Asked = {
      method: request.method ?? '',
      kind,
      isWatch: query.get('watch') === 'true',
      query,
      authorization: request.headers.authorization,
    };
    this.asked.push(asked);
    const verb = asked.method === 'POST' ? 'create' : asked.isWatch ? 'watch' : 'list';
    if (!isAllowed(groupOf(pathname), kind, verb)) return refuse(response, 403, `${kind} is forbidden`);
    if (this.fault?.(asked, response) === true) return;
    if (kind === 'events') return void this.#takeEvent(request, response);
    if (asked.isWatch) this.watch(kind, query, response);
    else this.list(kind === 'pods' ? this.#pods() : this.#allSlices(), query, response);
  }

  #pods(): object[] {
    return this.#pod === undefined ? [] : [podObject({ ...this.#pod, resourceVersion: this.now })];
  }

  #allSlices(): object[] {
    return [...this.#slices].map(([name, endpoints]) => sliceObject(name, endpoints, this.now));
  }

  async #takeEvent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.events.push(JSON.parse(body));
    send(response, 201, {});
  }
}
