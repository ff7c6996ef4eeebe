import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArrivalsWatch } from '../../agent/sidecar/sockets/arrivals-watch.ts';
import { OwnConnections } from '../../agent/sidecar/sockets/own-connections.ts';
import type { SocketLists } from '../../agent/sidecar/sockets/reader.ts';
import type { Scope } from '../../lib/connections/scope.ts';
import type { Socket } from '../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { scopeLike, socketLike } from '../connections/sockets.ts';

const AUTH = { address: '127.0.0.1', port: 4000 };

/** A pod whose counter and sockets the test writes. */
class Pod {
  readonly own = new OwnConnections();
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
  probe({ isReset = false } = {}): void {
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

test('ArrivalsWatch counts what the kernel has accepted, in a drain, and no more often lists than it must', () => {
  const pod = new Pod();
  pod.look();
  pod.accept(3);
  assert.equal(pod.arrivals(), 3);
  const lists = pod.timeWaitLists;
  assert.equal(pod.arrivals(), 3);
  assert.equal(pod.timeWaitLists, lists);
});

test('ArrivalsWatch has news once others have opened a connection since the last look, and not for the agent’s', () => {
  const pod = new Pod();
  assert.equal(pod.watch.hasNews(), false, 'nothing was looked at yet');
  pod.look();
  assert.equal(pod.watch.hasNews(), false);
  pod.probe();
  assert.equal(pod.watch.hasNews(), false);
  pod.accept();
  assert.equal(pod.watch.hasNews(), true);
  pod.look();
  assert.equal(pod.watch.hasNews(), false);
});

test('ArrivalsWatch tells an arrival no earlier than it came, though the look had begun before', () => {
  const pod = new Pod();
  pod.look();
  pod.accept();
  pod.lookMs = 200;
  pod.look();
  const readAt = pod.now;
  pod.lookMs = 0;
  assert.equal(pod.look().lastArrivalAt, readAt);
});

test('ArrivalsWatch makes no list for what the agent itself has opened and accepted, and misses no other', () => {
  const pod = new Pod();
  pod.look();
  const lists = pod.timeWaitLists;
  pod.probe({ isReset: true });
  pod.accept();
  pod.watch.accepted();
  assert.equal(pod.arrivals(), 0);
  assert.equal(pod.timeWaitLists, lists);
  pod.probe();
  pod.inside();
  pod.accept();
  assert.equal(pod.arrivals(), 1, 'one from within the pod, and one arrival');
});

test('ArrivalsWatch lists less often, when that takes long, and still counts all', () => {
  const pod = new Pod();
  pod.listMs = 20;
  pod.look();
  const lists = pod.timeWaitLists;
  for (let i = 0; i < 20; i++) {
    pod.accept();
    pod.look();
  }
  assert.ok(pod.timeWaitLists - lists <= 6, `${pod.timeWaitLists - lists} lists in 2 s`);
  for (let i = 0; i < 6; i++) pod.look();
  assert.equal(pod.look().count, 20);
});

test('ArrivalsWatch takes no connection within the pod for an arrival when the agent tells its own late', () => {
  const pod = new Pod();
  pod.look();
  pod.accept();
  pod.look();
  pod.watch.accepted();
  pod.inside();
  assert.equal(pod.arrivals(), 0);
});

test('ArrivalsWatch does not count what the agent accepts, even when it says so late', () => {
  const pod = new Pod();
  pod.look();
  for (let i = 0; i < 10; i++) {
    pod.accept();
    pod.look();
    pod.watch.accepted();
    pod.look();
  }
  assert.equal(pod.look().count, 0);
});

test('ArrivalsWatch does not count what waits for the agent to accept it, however long', () => {
  const pod = new Pod();
  pod.look();
  const agentPort = { address: '::', port: 8866 };
  const backlog = (unread: number): void => {
    const appPort = { ...agentPort, port: 3000 };
    const sockets = [agentPort, appPort].map(local => socketLike({ state: 'listen', local, unread }));
    pod.live = parsed(sockets);
  };
  pod.accept(2);
  backlog(2);
  assert.equal(pod.arrivals(), 0);
  assert.equal(pod.arrivals(), 0);
  pod.watch.accepted();
  pod.watch.accepted();
  backlog(0);
  assert.equal(pod.arrivals(), 0);
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch does not count connections within the pod', () => {
  const pod = new Pod();
  pod.inside();
  pod.look();
  for (let i = 0; i < 20; i++) pod.inside();
  assert.equal(pod.arrivals(), 0);
  pod.accept();
  pod.inside();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch takes each of the agent’s probes off once, whether TIME-WAIT shows it or not', () => {
  const pod = new Pod();
  pod.look();
  for (const isReset of [false, true, false, true]) {
    pod.probe({ isReset });
    pod.look();
  }
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch takes a connection from within the pod to the agent off once: as accepted', () => {
  const pod = new Pod();
  pod.look();
  const { local } = pod.inside();
  pod.timeWait.push(
    socketLike({ cookie: 99_999, state: 'time-wait', local, remote: { ...AUTH, port: 8866 } }),
  );
  pod.accept();
  pod.watch.accepted();
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

/** What the first look of a drain tells, after so many connections from outside a second, and others. */
function lookAfter(outside: number): string {
  const pod = new Pod();
  pod.serve(90, () => {
    pod.accept(outside);
    pod.inside();
    pod.probe();
    pod.probe({ isReset: true });
    pod.accept();
    pod.watch.accepted();
  });
  const { verdict } = pod.look();
  return verdict.type === 'untold' ? verdict.because : verdict.type;
}

test('ArrivalsWatch knows the rate before the drain, without what is within the pod or the agent’s own', () => {
  assert.equal(lookAfter(2), 'arriving');
  assert.match(lookAfter(0), /^Not one arrival is expected within 12000 ms: there were 0\.\d{3} a second$/);
});

test('ArrivalsWatch tells nothing, and why, when the counter cannot be used', () => {
  const unreadable = new Pod();
  unreadable.passiveOpens = unparsed('/proc/net/snmp cannot be read: EACCES');
  const { verdict } = unreadable.look();
  assert.deepEqual(verdict, { type: 'untold', because: '/proc/net/snmp cannot be read: EACCES' });
  const unlisted = new Pod();
  unlisted.live = unparsed('EPERM');
  assert.deepEqual(unlisted.look().verdict, { type: 'untold', because: 'EPERM' });
  const shared = new Pod({ hostNetwork: true });
  shared.serve(20, () => shared.accept(20));
  assert.deepEqual(shared.look().verdict, {
    type: 'untold',
    because: "The node's own network counts everybody's connections",
  });
});

test('ArrivalsWatch begins anew with each drain', () => {
  const pod = new Pod();
  pod.look();
  pod.accept(5);
  assert.equal(pod.arrivals(), 5);
  pod.watch.reset();
  assert.equal(pod.arrivals(), 0);
});
