import { ArrivalsWatch } from '../../agent/sidecar/sockets/arrivals-watch.ts';
import { OwnConnections } from '../../agent/sidecar/sockets/own-connections.ts';
import type { SocketLists } from '../../agent/sidecar/sockets/reader.ts';
import type { Scope } from '../../lib/connections/scope.ts';
import type { Socket } from '../../lib/connections/socket.ts';
import { type Parsed, parsed } from '../../lib/parsed.ts';
import { scopeLike, socketLike } from '../connections/sockets.ts';

/** Where a container of it listens within the pod. */
export const AUTH: Socket['local'] = { address: '127.0.0.1', port: 4000 };

/** A pod whose counter and sockets the test writes. */
export class Pod {
  readonly own: OwnConnections = new OwnConnections();
  readonly watch: ArrivalsWatch;
  readonly #scope: Scope;
  now = 100_000;
  passiveOpens: Parsed<number> = parsed(1000);
  live: Parsed<readonly Socket[]> = parsed([]);
  timeWait: Socket[] = [];
  timeWaitLists = 0;
  /** How long it takes to list those in TIME-WAIT. */
  listMs = 0;
  /** How long the machine stands still in a look, before anything is read. */
  lookMs = 0;
  #port = 40_000;

  constructor(scope: Partial<Scope> = {}) {
    this.#scope = scopeLike({ servedPorts: new Set([3000, 4000]), ...scope });
    this.watch = new ArrivalsWatch(
      () => this.passiveOpens,
      this.now,
      () => this.now,
    );
  }

  accept(count = 1): void {
    if (this.passiveOpens.ok) this.passiveOpens = parsed(this.passiveOpens.value + count);
  }

  /** A connection within the pod that is over at once. @returns its client's end. */
  inside(): Socket {
    this.#port++;
    this.accept();
    const local = { address: '127.0.0.1', port: this.#port };
    const socket = socketLike({
      cookie: this.#port,
      state: 'time-wait',
      timerMs: 60_000,
      local,
      remote: AUTH,
    });
    this.timeWait.push(socket);
    return socket;
  }

  /** The agent probes, and tells so; a reset leaves no TIME-WAIT. */
  probe({ isReset = false }: { readonly isReset?: boolean } = {}): void {
    const { local, remote } = this.inside();
    if (isReset) this.timeWait.pop();
    const ends = {
      localAddress: local.address,
      localPort: local.port,
      remoteAddress: remote.address,
      remotePort: remote.port,
    };
    const connection = this.own.add(ends, this.now);
    if (connection !== undefined) this.watch.opened(connection, this.#scope);
  }

  /** Time passes; each second the counter is read. */
  serve(seconds: number, each: () => void): void {
    for (let second = 0; second < seconds; second++) {
      each();
      this.now += 1000;
      this.timeWait = this.timeWait
        .map(socket => ({ ...socket, timerMs: socket.timerMs - 1000 }))
        .filter(({ timerMs }) => timerMs > 0);
      this.watch.read(this.now);
    }
  }

  look(): ReturnType<ArrivalsWatch['look']> {
    this.now += 100;
    const lists: Pick<SocketLists, 'timeWait'> = {
      timeWait: () => {
        this.timeWaitLists++;
        this.now += this.listMs;
        return parsed(this.timeWait);
      },
    };
    const began = this.now;
    this.now += this.lookMs;
    return this.watch.look({
      now: began,
      clock: () => this.now,
      scope: this.#scope,
      counter: this.passiveOpens,
      sockets: this.live,
      own: this.own.recent(this.now),
      lists,
    });
  }

  /** @returns how many arrivals are seen after two looks. */
  arrivals(): number {
    this.look();
    return this.look().count;
  }
}
