/** What the API servers of the tests have in common: connections, accounts, versions, lists in pages, and watches. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuse, send } from './answers.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

export interface Change<T> {
  readonly resource: string;
  readonly version: number;
  readonly type: string;
  readonly object: T;
}

interface Watch {
  readonly resource: string;
  readonly response: ServerResponse;
  /** Only what is newer is told, also where that is yet to come. */
  readonly from: number;
  readonly fits: (object: object) => boolean;
}

/** Objects of type `T`, which are told as they are. */
export abstract class ListingServer<T extends object> {
  #version = 100;
  /** Watches from before it are told 410. */
  #forgotten = 0;
  readonly #changes: Change<T>[] = [];
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  readonly #folders: string[] = [];
  #server: Server | undefined;
  #port = 0;

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

  /** The version of all, as of now. */
  get now(): string {
    return String(this.#version);
  }

  /** @returns the folder of a service account, which goes with the server. */
  account(token: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'podusher-api-'));
    this.#folders.push(folder);
    writeFileSync(join(folder, 'token'), `${token}\n`);
    writeFileSync(join(folder, 'ca.crt'), CERTIFICATE);
    writeFileSync(join(folder, 'namespace'), 'shop');
    return folder;
  }

  /** Listens; on the same port when it did before. */
  async listen(): Promise<void> {
    const server = createServer({ cert: CERTIFICATE, key: KEY }, (request, response) => {
      this.take(request, response);
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

  /** Goes away for good. */
  end(): void {
    this.stop();
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true });
  }

  /** Every connection breaks. */
  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nobody can go on from any version so far. */
  forget(): void {
    this.#version += 1;
    this.#forgotten = this.#version;
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

  /** How many watch a resource. */
  watchingOf(resource: string): number {
    return [...this.#watches].filter(watch => watch.resource === resource).length;
  }

  protected abstract take(request: IncomingMessage, response: ServerResponse): void;

  /** Tells those who watch. @param object the object, of its new version. */
  protected change(resource: string, type: string, object: (version: string) => T): Change<T> {
    this.#version += 1;
    const change = { resource, version: this.#version, type, object: object(this.now) };
    this.#changes.push(change);
    for (const watch of this.#watches) tell(watch, change);
    return change;
  }

  /** As of an earlier version: what has changed since did not. */
  protected goBack(version: string): void {
    this.#version = Number(version);
    const kept = this.#changes.filter(change => change.version <= this.#version);
    this.#changes.splice(0, Infinity, ...kept);
  }

  protected list(items: readonly T[], query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? 1000);
    const more = to < items.length ? { continue: String(to) } : {};
    send(response, 200, { metadata: { resourceVersion: this.now, ...more }, items: items.slice(from, to) });
  }

  /** @param fits which objects are watched. */
  protected watch(
    resource: string,
    query: URLSearchParams,
    response: ServerResponse,
    fits: Watch['fits'] = () => true,
  ): void {
    const from = Number(query.get('resourceVersion'));
    if (from < this.#forgotten) return refuse(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const watch = { resource, response, from, fits };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    for (const change of this.#changes) tell(watch, change);
  }
}

function tell({ resource, response, from, fits }: Watch, change: Change<object>): void {
  const { type, object, version } = change;
  if (change.resource === resource && version > from && fits(object))
    response.write(`${JSON.stringify({ type, object })}\n`);
}
