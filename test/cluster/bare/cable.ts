/** What is between a publisher and its API server: it can be cut, and it can lose what it carries without a word. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Line {
  readonly near: Socket;
  readonly far: Socket;
}

export class Cable {
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port where the API server is. */
  static async lay(port: number): Promise<Cable> {
    const server = createServer();
    const cable = new Cable(server);
    server.on('connection', near => cable.#join(near, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return cable;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** All connections break, and no new one is made. */
  cut(): void {
    this.#isCut = true;
    for (const { near } of this.#lines) near.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** All connections that there are stay, and carry nothing any more; new ones do. */
  freeze(): void {
    for (const { near, far } of this.#lines) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(near: Socket, port: number): void {
    near.on('error', () => {});
    if (this.#isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    const line = { near, far };
    this.#lines.add(line);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => {
      far.destroy();
      this.#lines.delete(line);
    });
    near.pipe(far).pipe(near);
  }
}
