/** An API server of one namespace, as far as the agent asks it; and with whatever faults a test wants. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { refuse, send } from './answers.ts';
import { CERTIFICATE, KEY } from './certificate.ts';
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

interface Change {
  readonly kind: Kind;
  readonly version: number;
  readonly line: string;
}

interface Watch {
  readonly kind: Kind;
  readonly response: ServerResponse;
}

export class FakeApi {
  /** A service account's folder. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'podusher-api-'));
  readonly asked: Asked[] = [];
  /** Events that were posted. */
  readonly events: { readonly reason: string; readonly message: string; readonly type: string }[] = [];
  fault: Fault | undefined;
  #version = 100;
  /** Watches from before it are told 410. */
  #forgotten = 0;
  #pod: PodParts | undefined = {};
  readonly #slices = new Map<string, readonly EndpointParts[]>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor() {
    this.writeAccount('token-1');
  }

  /** @returns a server that listens on a port of its own; it ends with the test. */
  static async start(context: TestContext): Promise<FakeApi> {
    const api = new FakeApi();
    context.after(() => {
      api.stop();
      rmSync(api.folder, { recursive: true });
    });
    await api.listen();
    return api;
  }

  /** How a pod finds it. */
  get environment(): Readonly<Record<string, string>> {
    return { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(this.#port) };
  }

  /** Watches that are open. */
  get watching(): number {
    return this.#watches.size;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  writeAccount(token: string, ca: string = CERTIFICATE): void {
    writeFileSync(join(this.folder, 'token'), `${token}\n`);
    writeFileSync(join(this.folder, 'ca.crt'), ca);
    writeFileSync(join(this.folder, 'namespace'), 'shop');
  }

  /** Listens; on the same port when it did before. */
  async listen(): Promise<void> {
    const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
      this.#take(request, response);
    });
    server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', () => {});
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : 0;
    this.#server = server;
  }

  /** Goes away: nothing listens, and every connection breaks. */
  stop(): void {
    this.#server?.close();
    this.breakOff();
  }

  /** Every connection breaks. */
  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The pod is as given from now on. */
  putPod(parts: PodParts): void {
    const type = this.#pod === undefined ? 'ADDED' : 'MODIFIED';
    this.#pod = parts;
    this.#change('pods', type, version => podObject({ ...parts, resourceVersion: version }));
  }

  removePod(): void {
    const last = this.#pod ?? {};
    this.#pod = undefined;
    this.#change('pods', 'DELETED', version => podObject({ ...last, resourceVersion: version }));
  }

  putSlice(name: string, ...endpoints: readonly EndpointParts[]): void {
    const type = this.#slices.has(name) ? 'MODIFIED' : 'ADDED';
    this.#slices.set(name, endpoints);
    this.#change('endpointslices', type, version => sliceObject(name, endpoints, version));
  }

  removeSlice(name: string): void {
    const last = this.#slices.get(name) ?? [];
    this.#slices.delete(name);
    this.#change('endpointslices', 'DELETED', version => sliceObject(name, last, version));
  }

  /** Tells those who watch how far it is. */
  bookmark(): void {
    this.#version += 1;
    this.say(JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: this.now } } }));
  }

  /** Sends a line to those who watch. */
  say(line: string): void {
    for (const { response } of this.#watches) response.write(`${line}\n`);
  }

  /** Ends all watches in good order. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Nobody can go on from any version so far. */
  forget(): void {
    this.#version += 1;
    this.#forgotten = this.#version;
  }

  get now(): string {
    return String(this.#version);
  }

  /** @returns the lists, or the watches, of a kind that were asked for. */
  askedFor(kind: Asked['kind'], isWatch = false): Asked[] {
    return this.asked.filter(one => one.kind === kind && one.isWatch === isWatch);
  }

  #change(kind: Kind, type: string, object: (version: string) => object): void {
    this.#version += 1;
    const line = `${JSON.stringify({ type, object: object(this.now) })}\n`;
    this.#changes.push({ kind, version: this.#version, line });
    for (const watch of this.#watches) if (watch.kind === kind) watch.response.write(line);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
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
    if (asked.isWatch) this.#watch(kind, Number(query.get('resourceVersion')), response);
    else this.#list(kind, query, response);
  }

  #list(kind: Kind, query: URLSearchParams, response: ServerResponse): void {
    const items = kind === 'pods' ? this.#pods() : this.#allSlices();
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? 1000);
    const more = to < items.length ? { continue: String(to) } : {};
    send(response, 200, { metadata: { resourceVersion: this.now, ...more }, items: items.slice(from, to) });
  }

  #pods(): object[] {
    return this.#pod === undefined ? [] : [podObject({ ...this.#pod, resourceVersion: this.now })];
  }

  #allSlices(): object[] {
    return [...this.#slices].map(([name, endpoints]) => sliceObject(name, endpoints, this.now));
  }

  #watch(kind: Kind, from: number, response: ServerResponse): void {
    if (from < this.#forgotten) return refuse(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const watch = { kind, response };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    for (const change of this.#changes) {
      if (change.kind === kind && change.version > from) response.write(change.line);
    }
  }

  async #takeEvent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.events.push(JSON.parse(body));
    send(response, 201, {});
  }
}
