/** The API server as the administrator of a bare control plane asks it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Json, metadataOf } from '../../publisher/server.ts';
import { certificateFile, keyFile } from '../machine/keys.ts';

const DEADLINE_MS = 60_000;
const AGAIN_MS = 100;
/** Requests at a time. */
const CONNECTIONS = 24;

/** An answer that is not 2xx. */
export class Refused extends Error {
  readonly code = 'REFUSED';
  readonly status: number;

  constructor(what: string, status: number, body: string) {
    super(`${what} was answered ${status}: ${body.slice(0, 500)}`);
    this.status = status;
  }
}

/** Takes what a watch tells, with the moment of its receipt. */
export type TakeChange = (type: string, object: Json) => void;

export class Client {
  readonly #agent: Agent;
  readonly #watches: Agent;
  readonly #port: number;

  /** @param keys the folder of the control plane's keys. */
  constructor(port: number, keys: string) {
    this.#port = port;
    const identity = {
      ca: readFileSync(certificateFile('ca', keys)),
      cert: readFileSync(certificateFile('admin', keys)),
      key: readFileSync(keyFile('admin', keys)),
    };
    this.#agent = new Agent({ ...identity, keepAlive: true, maxSockets: CONNECTIONS });
    this.#watches = new Agent(identity);
  }

  get(path: string): Promise<Json> {
    return this.ask('GET', path);
  }

  post(path: string, body: object): Promise<Json> {
    return this.ask('POST', path, body);
  }

  /** A merge patch. */
  patch(path: string, body: object): Promise<Json> {
    return this.ask('PATCH', path, body);
  }

  delete(path: string, body?: object): Promise<Json> {
    return this.ask('DELETE', path, body);
  }

  /** @throws Refused unless the answer is 2xx. */
  async ask(method: string, path: string, body?: object): Promise<Json> {
    const asked = this.#send(method, path, this.#agent, body);
    asked.setTimeout(DEADLINE_MS, () => asked.destroy(new Error(`${method} ${path}: no answer`)));
    const [response]: IncomingMessage[] = await once(asked, 'response');
    let text = '';
    for await (const chunk of response?.setEncoding('utf8') ?? []) text += String(chunk);
    const status = response?.statusCode ?? 0;
    if (status < 200 || status > 299) throw new Refused(`${method} ${path}`, status, text);
    return text.startsWith('{') ? JSON.parse(text) : { text };
  }

  /**
   * Lists, then tells of each change from there on, until it is closed: the API server ends the watch of whoever reads too
   * slowly, and it is begun anew.
   *
   * @returns the list, and what closes it
   */
  async listAndWatch(
    path: string,
    take: TakeChange,
  ): Promise<{ readonly items: readonly Json[]; readonly close: () => void }> {
    const { items, metadata } = await this.get(path);
    const controller = new AbortController();
    const { signal } = controller;
    let version = String(Object(metadata).resourceVersion);
    const follow = async (): Promise<void> => {
      while (!signal.aborted) version = await this.#watch(path, version, take, signal);
    };
    follow().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    return { items: Array.isArray(items) ? items : [], close: () => controller.abort() };
  }

  /** @returns the version up to which it has told when the watch ends. */
  async #watch(path: string, from: string, take: TakeChange, signal: AbortSignal): Promise<string> {
    let version = from;
    const asked = this.#send('GET', `${path}?watch=1&resourceVersion=${from}`, this.#watches);
    signal.addEventListener('abort', () => asked.destroy(), { once: true });
    asked.on('error', () => {});
    try {
      const [response]: IncomingMessage[] = await once(asked, 'response', { signal });
      for await (const line of response === undefined ? [] : createInterface({ input: response })) {
        const { type, object } = JSON.parse(line);
        if (type === 'ERROR') throw new Error(`The watch of ${path} ended: ${line}`);
        version = String(metadataOf(object)['resourceVersion']);
        take(String(type), object);
      }
    } catch (error) {
      // It broke off, or there is no server at the moment.
      if (Object(error).code === undefined) throw error;
      await sleep(AGAIN_MS);
    }
    return version;
  }

  close(): void {
    this.#agent.destroy();
    this.#watches.destroy();
  }

  #send(method: string, path: string, agent: Agent, body?: object): ReturnType<typeof request> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers =
      text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) };
    const asked = request({ host: '127.0.0.1', port: this.#port, path, method, agent, headers });
    asked.end(text);
    return asked;
  }
}
