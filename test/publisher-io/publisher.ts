/** `podusher publisher` as a real process, against an API server of ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { until, within } from '../agent/until.ts';
import { NAMESPACE, nodeObject, type PodParts, podObject, serviceObject } from '../publisher/objects.ts';
import { type Json, metadataOf } from '../publisher/server.ts';
import { freePort } from '../rehearse/cli.ts';
import { ApiServer } from './api-server.ts';

const MAIN = join(import.meta.dirname, '../../agent/main.ts');

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** An API server, as a publisher finds it. */
export interface ApiPlace {
  readonly environment: Readonly<Record<string, string>>;
  /** @returns the folder of a service account of that name. */
  account(who: string): string | Promise<string>;
}

export class Publisher {
  readonly child: ChildProcess;
  readonly port: number;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
    child.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString()));
    this.ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  }

  /** @param who its name for the API server. It is gone when the test has ended. */
  static async start(
    context: TestContext,
    api: ApiPlace,
    who = 'first',
    flags: readonly string[] = [],
  ): Promise<Publisher> {
    const publisher = await Publisher.launch(api, who, flags);
    context.after(() => publisher.kill());
    return publisher;
  }

  /** As `start()`, for whoever ends it. @param program what Node is given before the command. */
  static async launch(
    api: ApiPlace,
    who: string,
    flags: readonly string[] = [],
    program: readonly string[] = [MAIN],
  ): Promise<Publisher> {
    const port = await freePort();
    const own = [
      '--port',
      String(port),
      '--listen-address',
      '127.0.0.1',
      '--service-account',
      await api.account(who),
    ];
    const child = spawn(process.execPath, [...program, 'publisher', ...own, ...flags], {
      env: { ...process.env, ...api.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    return new Publisher(child, port);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
    running.delete(this.child);
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`);
    return { status: answer.status, body: await answer.text() };
  }

  /** Resolves when the log has such a line. */
  logged(text: string): Promise<true> {
    return until(
      `"${text}" in the log:\n${this.stdout}${this.stderr}`,
      () => this.stdout.includes(text) || undefined,
    );
  }

  /** Ends in good order. @returns its exit status. */
  end(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return within('the end', this.ended);
  }
}

/** An API server with a node, a Service `web` and so many ready pods of it. */
export async function shop(context: TestContext, pods = 0): Promise<ApiServer> {
  const api = await ApiServer.start(context);
  api.put('nodes', nodeObject('node-0', 'zone-0', 'True'));
  api.put('services', serviceObject());
  for (let index = 0; index < pods; index++) putPod(api, index);
  return api;
}

export function putPod(api: ApiServer, index: number, parts: Partial<PodParts> = {}): void {
  api.put('pods', podObject({ name: `web-${index}`, ip: ipOf(index), node: 'node-0', ...parts }));
}

export const ipOf = (index: number): string => `10.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;

/** A second Service. */
export function putService(api: ApiServer, name: string, selector: string): void {
  const object = serviceObject({ selector, uid: `uid-of-${name}` });
  api.put('services', { ...object, metadata: { ...metadataOf(object), name } });
}

/** @returns the addresses that the slices of a Service call ready, sorted. */
export function readyIn(api: ApiServer, service = 'web'): string[] {
  return api
    .all('endpointslices')
    .filter(slice => metadataOf(slice).labels?.['kubernetes.io/service-name'] === service)
    .flatMap(slice => {
      const endpoints: readonly Json[] = Array.isArray(slice['endpoints']) ? slice['endpoints'] : [];
      return endpoints.flatMap(({ addresses, conditions }) =>
        Object(conditions).ready === true && Array.isArray(addresses) ? addresses.map(String) : [],
      );
    })
    .sort();
}

/** Resolves when these are the ready addresses, by the pods' indexes. */
export function areReady(api: ApiServer, indexes: readonly number[], service = 'web'): Promise<true> {
  const wanted = indexes.map(ipOf).sort().join();
  return until(
    `${wanted} in the slices of ${service}`,
    () => readyIn(api, service).join() === wanted || undefined,
  );
}

export { NAMESPACE };
