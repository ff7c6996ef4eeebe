/** The API server as the administrator of a bare control plane asks it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { Json } from '../../publisher/server.ts';
import { certificateFile, keyFile } from '../machine/keys.ts';

const DEADLINE_MS = 60_000;
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

  /** Lists, then tells of each change from there on, until it is closed. @returns the list, and what closes it. */
  async listAndWatch(
    path: string,
    take: TakeChange,
  ): Promise<{ readonly items: readonly Json[]; readonly close: () => void }> {
    const { items, metadata } = await this.get(path);
    const from = String(Object(metadata).resourceVersion);
    const asked = this.#send('GET', `${path}?watch=1&resourceVersion=${from}`, this.#watches);
    const [response]: IncomingMessage[] = await once(asked, 'response');
    if (response === undefined) throw new Error(`No watch of ${path}`);
    asked.on('error', () => {});
    createInterface({ input: response })
      .on('line', line => {
        const { type, object } = JSON.parse(line);
        take(String(type), object);
      })
      .on('error', () => {});
    return { items: Array.isArray(items) ? items : [], close: () => void asked.destroy() };
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
