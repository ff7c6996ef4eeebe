import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../rehearse/cli.ts';
import { now } from './until.ts';

/**
 * A container's server, which knows what is in flight in it.
 *
 *     /?ms=300   answers 200 after 300 ms
 *     /healthz   200, or 503 when it is not healthy
 *     /gauge     its requests in flight as JSON, or whatever `gauge` says
 */
export class App {
  readonly port: number;
  healthy = true;
  /** How `/gauge` is answered, if not with the truth. */
  gauge: ((response: ServerResponse) => void) | undefined;
  /** Requests that were made to `/gauge`. */
  gaugeAsked = 0;
  inFlight = 0;
  /** When the last answer's last byte was handed to the kernel. */
  answeredAt: number | undefined;
  /** Other requests than the ones above, as `POST /quit`. */
  readonly others: string[] = [];
  stoppedAt: number | undefined;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** @returns an app that listens on a free port, which is no client's; it ends with the test. */
  static async start(context: TestContext): Promise<App> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const app = new App(server, await freePort());
    await app.listen();
    app.#serve();
    context.after(() => app.stop());
    return app;
  }

  /** Stops for good: nothing listens and nothing is connected. */
  stop(): void {
    this.stoppedAt ??= now();
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  /** Listens on its port; after `stop` again, as a container that was restarted. */
  async listen(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Closes the listener, and works on. */
  closeListener(): void {
    this.#server.close();
  }

  #serve(): void {
    this.#server.on('connection', socket => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    this.#server.on('request', ({ method, url = '/' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://app');
      if (pathname === '/healthz') return response.writeHead(this.healthy ? 200 : 503).end();
      if (pathname === '/gauge') return this.#tell(response);
      if (pathname === '/') return void this.#work(response, Number(searchParams.get('ms') ?? 0));
      this.others.push(`${method} ${url}`);
      return response.end();
    });
  }

  #tell(response: ServerResponse): void {
    this.gaugeAsked += 1;
    if (this.gauge !== undefined) this.gauge(response);
    else response.end(JSON.stringify({ running: this.inFlight }));
  }

  async #work(response: ServerResponse, ms: number): Promise<void> {
    this.inFlight += 1;
    response.once('close', () => {
      this.inFlight -= 1;
      this.answeredAt = now();
    });
    if (ms > 0) await sleep(ms);
    response.end('done');
  }
}
