/** An API server that keeps objects as the real one does: versions, lists in pages, watches, preconditions. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { refuse, send } from '../kubernetes/answers.ts';
import { CERTIFICATE, KEY } from '../kubernetes/certificate.ts';
import { type Json, mergePatch, metadataOf } from '../publisher/server.ts';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  /** `pods`, `leases`. */
  readonly resource: string;
  readonly name: string | undefined;
  readonly isWatch: boolean;
  readonly query: URLSearchParams;
  /** By its token. */
  readonly who: string;
  readonly body: Json;
}

/** Answers in the server's place. @returns false for what the server is to answer itself. */
export type Fault = (asked: Asked, response: ServerResponse) => boolean | Promise<boolean>;

interface Change {
  readonly resource: string;
  readonly version: number;
  readonly type: string;
  readonly object: Json;
}

export class ApiServer {
  readonly asked: Asked[] = [];
  fault: Fault | undefined;
  /** Called after each change. */
  onChange: ((change: Change) => void) | undefined;
  readonly #folders: string[] = [];
  readonly #objects = new Map<string, Map<string, Json>>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<{ resource: string; response: ServerResponse }>();
  readonly #sockets = new Set<Socket>();
  #version = 100;
  #forgotten = 0;
  #server: Server | undefined;
  #port = 0;

  static async start(context: TestContext): Promise<ApiServer> {
    const api = new ApiServer();
    context.after(() => {
      api.stop();
      for (const folder of api.#folders) rmSync(folder, { recursive: true });
    });
    await api.listen();
    return api;
  }

  get environment(): Readonly<Record<string, string>> {
    return { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(this.#port) };
  }

  /** @returns the folder of a service account of that name. */
  account(who: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'podusher-api-'));
    this.#folders.push(folder);
    writeFileSync(join(folder, 'token'), who);
    writeFileSync(join(folder, 'ca.crt'), CERTIFICATE);
    writeFileSync(join(folder, 'namespace'), 'shop');
    return folder;
  }

  async listen(): Promise<void> {
    const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
      void this.#take(request, response);
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

  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nobody can go on from any version so far. */
  forget(): void {
    this.#version += 1;
    this.#forgotten = this.#version;
  }

  put(resource: string, object: object): void {
    const all = this.#of(resource);
    const name = metadataOf(object).name;
    const before = all.get(name);
    const uid = metadataOf(before)['uid'] ?? metadataOf(object)['uid'] ?? `uid-${this.#version}`;
    this.#change(resource, before === undefined ? 'ADDED' : 'MODIFIED', { ...object }, { uid });
  }

  remove(resource: string, name: string): void {
    const object = this.#of(resource).get(name);
    if (object !== undefined) this.#change(resource, 'DELETED', object, {});
  }

  all(resource: string): Json[] {
    return [...this.#of(resource).values()];
  }

  /** How many watch a resource. */
  watching(resource: string): number {
    return [...this.#watches].filter(watch => watch.resource === resource).length;
  }

  /** Writes of slices that were asked for. */
  get writes(): Asked[] {
    return this.asked.filter(({ method, resource }) => method !== 'GET' && resource === 'endpointslices');
  }

  #of(resource: string): Map<string, Json> {
    const all = this.#objects.get(resource) ?? new Map<string, Json>();
    this.#objects.set(resource, all);
    return all;
  }

  #change(resource: string, type: string, object: Json, metadata: Json): Json {
    this.#version += 1;
    const told = {
      ...object,
      metadata: { ...metadataOf(object), ...metadata, resourceVersion: String(this.#version) },
    };
    const { name } = metadataOf(told);
    if (type === 'DELETED') this.#of(resource).delete(name);
    else this.#of(resource).set(name, told);
    const change = { resource, version: this.#version, type, object: told };
    this.#changes.push(change);
    for (const watch of this.#watches) if (watch.resource === resource) watch.response.write(lineOf(change));
    this.onChange?.(change);
    return told;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://api');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const [, resource = '', name] =
      /^\/apis?\/.*?v1(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/(.+))?$/.exec(pathname) ?? [];
    const asked: Asked = {
      method: request.method ?? '',
      resource,
      name,
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
    const { method, resource, name, query, body } = asked;
    const before = name === undefined ? undefined : this.#of(resource).get(name);
    if (method === 'GET' && name === undefined) {
      if (asked.isWatch) return this.#watch(resource, Number(query.get('resourceVersion')), response);
      return this.#list(resource, query, response);
    }
    if (method === 'POST') {
      if (this.#of(resource).has(metadataOf(body).name)) return refuse(response, 409, 'already exists');
      const uid = `uid-${this.#version}`;
      return send(response, 201, this.#change(resource, 'ADDED', body, { uid }));
    }
    if (before === undefined) return refuse(response, 404, 'not found');
    if (method === 'GET') return send(response, 200, before);
    const wanted = method === 'DELETE' ? Object(body['preconditions']) : metadataOf(body);
    if (wanted.resourceVersion !== metadataOf(before)['resourceVersion'])
      return refuse(response, 409, 'the object has been modified');
    if (method === 'DELETE') {
      this.#change(resource, 'DELETED', before, {});
      return send(response, 200, { kind: 'Status', status: 'Success' });
    }
    const after = method === 'PATCH' ? mergePatch(before, body) : body;
    send(response, 200, this.#change(resource, 'MODIFIED', after, { uid: metadataOf(before)['uid'] }));
  }

  #list(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const items = this.all(resource);
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? 1000);
    const more = to < items.length ? { continue: String(to) } : {};
    const metadata = { resourceVersion: String(this.#version), ...more };
    send(response, 200, { metadata, items: items.slice(from, to) });
  }

  #watch(resource: string, from: number, response: ServerResponse): void {
    if (from < this.#forgotten) return refuse(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const watch = { resource, response };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    for (const change of this.#changes)
      if (change.resource === resource && change.version > from) response.write(lineOf(change));
  }
}

function lineOf({ type, object }: Change): string {
  return `${JSON.stringify({ type, object })}\n`;
}
