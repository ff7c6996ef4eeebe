import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { createLoad, type Load, type LoadOptions, MOST_IN_FLIGHT } from '../../agent/rehearse/load/load.ts';
import type { Outcome } from '../../agent/rehearse/load/outcome.ts';
import { createPool, KEPT_CONNECTIONS, type Pool } from '../../agent/rehearse/load/pool.ts';
import { type Destination, sendRequest } from '../../agent/rehearse/load/request.ts';
import { OUTSIDE_ADDRESS } from '../../agent/rehearse/outside-address.ts';

/** A server that knows where its requests came from. */
interface Seen {
  readonly server: Server;
  readonly port: number;
  readonly addresses: Set<string | undefined>;
  readonly connections: Set<Socket>;
  requests: number;
}

const servers: Server[] = [];
const loads: Load[] = [];

async function serve(listener: RequestListener = (_, response) => response.end('ok')): Promise<Seen> {
  const server = createServer((request, response) => {
    seen.requests++;
    seen.addresses.add(request.socket.remoteAddress);
    seen.connections.add(request.socket);
    listener(request, response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const seen: Seen = {
    server,
    port: address.port,
    addresses: new Set(),
    connections: new Set(),
    requests: 0,
  };
  return seen;
}

function loadOf(port: number, given: Partial<LoadOptions> = {}): Load {
  const target = { container: 'rails', port, path: '/' };
  const load = createLoad({
    target,
    rate: 200,
    clients: 'both',
    stubborn: false,
    endpointLagMs: 30,
    ...given,
  });
  loads.push(load);
  return load;
}

async function until(condition: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `it did not come about within ${withinMs} ms`);
    await new Promise(resolve => void setTimeout(resolve, 5));
  }
}

function sendMany(
  pool: Pool,
  destination: Destination,
  count: number,
  mayConnect: boolean,
): Promise<Outcome>[] {
  return Array.from({ length: count }, () => {
    const sent = pool.send(destination, mayConnect);
    assert.ok(sent !== undefined);
    return sent;
  });
}

afterEach(async () => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
  await Promise.all(loads.splice(0).map(load => load.stop()));
});

describe('createLoad()', () => {
  it('sends nothing before the pod is Ready, then from the outside address', async () => {
    const seen = await serve();
    const load = loadOf(seen.port);
    await new Promise(resolve => void setTimeout(resolve, 20));
    assert.equal(load.outcomes.length, 0);
    load.podIsReady(true);
    await until(() => load.outcomes.length >= 10);
    await load.stop();
    assert.deepEqual([...seen.addresses], [OUTSIDE_ADDRESS]);
    assert.ok(load.outcomes.every(({ type }) => type === 'ok'));
  });

  it('opens a connection for each request of new clients, and fewer for kept ones', async () => {
    for (const clients of ['new', 'kept'] as const) {
      const seen = await serve();
      const load = loadOf(seen.port, { clients, rate: 100 });
      load.podIsReady(true);
      await until(() => load.outcomes.length >= 40);
      await load.stop();
      // More than four where answers take longer than the time between requests.
      const { size } = seen.connections;
      assert.ok(clients === 'new' ? size === seen.requests : size < seen.requests / 2, `${size} ${clients}`);
    }
  });

  it('fails requests while the pod is not Ready, after the lag', async () => {
    const seen = await serve();
    const load = loadOf(seen.port);
    load.podIsReady(true);
    await until(() => load.outcomes.length >= 5);
    load.podIsReady(false);
    await until(() => load.outcomes.some(({ type }) => type === 'unanswered'));
    const { requests } = seen;
    await until(() => load.outcomes.filter(({ type }) => type === 'unanswered').length >= 5);
    load.podIsReady(true);
    await until(() => seen.requests > requests);
    await load.stop();
  });

  it('ends when the pod is withdrawn, and its kept connections leave', async () => {
    const seen = await serve();
    const load = loadOf(seen.port);
    load.podIsReady(true);
    await until(() => load.outcomes.length >= 10);
    load.podTerminates();
    await until(() => load.entries.length > 0);
    assert.deepEqual(
      load.entries.map(({ type }) => type),
      ['new-connections-end', 'kept-connections-leave'],
    );
    await new Promise<void>((resolve, reject) => {
      seen.server.close(error => (error === undefined ? resolve() : reject(error)));
    });
    // Time for twenty more.
    await new Promise(resolve => void setTimeout(resolve, 100));
    await load.stop();
    const endedAt = load.entries[0]?.at ?? Number.NaN;
    assert.ok(load.outcomes.every(({ startedAt }) => startedAt <= endedAt));
  });

  it('goes on over kept connections when clients are stubborn, until those end', async () => {
    const seen = await serve();
    const load = loadOf(seen.port, { stubborn: true });
    load.podIsReady(true);
    await until(() => load.outcomes.length >= 20);
    load.podTerminates();
    await until(() => load.entries.length > 0);
    const requestsAtEnd = seen.requests;
    assert.deepEqual(
      load.entries.map(({ type }) => type),
      ['new-connections-end'],
    );
    // A connection opened just before the end may arrive just after it: the next 20 requests let it through.
    await until(() => seen.requests > requestsAtEnd + 20);
    const { size } = seen.connections;
    await until(() => seen.requests > requestsAtEnd + 40);
    assert.equal(seen.connections.size, size);
    seen.server.closeAllConnections();
    await load.stop();
    assert.ok(load.outcomes.every(({ type }) => type === 'ok' || type === 'broken'));
  });

  it('has no more than 1000 requests wait when the pod hangs, and fails the rest', async () => {
    const seen = await serve(() => undefined);
    const load = loadOf(seen.port, { rate: 1000 });
    load.podIsReady(true);
    await until(() => load.outcomes.length >= 20);
    assert.ok(load.outcomes.every(({ type }) => type === 'unanswered'));
    assert.ok(seen.requests <= MOST_IN_FLIGHT);
    assert.ok(seen.connections.size > MOST_IN_FLIGHT / 2, 'it is not for want of connections');
    seen.server.closeAllConnections();
    await load.stop();
  });

  it('tells a request that nobody answers from one that reaches nobody', async context => {
    const { server, port } = await serve(() => {});
    const to = { host: '127.0.0.1', port, path: '/' };
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const unconnected = sendRequest(to, false);
    context.mock.timers.tick(10_000);
    assert.equal(Object(await unconnected).reason, 'no connection within 10 s');
    const unanswered = sendRequest(to, false);
    await once(server, 'request');
    context.mock.timers.tick(10_000);
    assert.equal(Object(await unanswered).reason, 'no answer within 10 s');
  });

  it('tells errors, refusals and broken connections apart', async () => {
    const broken = await serve((request, response) => {
      if (request.socket.remotePort === undefined) response.end();
      else request.socket.destroy();
    });
    const failing = await serve((_, response) => response.writeHead(503).end());
    const closed = await serve();
    closed.server.close();
    await once(closed.server, 'close');
    for (const [port, type] of [
      [broken.port, 'broken'],
      [failing.port, 'status'],
      [closed.port, 'unanswered'],
    ] as const) {
      const load = loadOf(port);
      load.podIsReady(true);
      await until(() => load.outcomes.length >= 4);
      await load.stop();
      assert.deepEqual([...new Set(load.outcomes.map(outcome => outcome.type))], [type]);
    }
  });
});

describe('createPool()', () => {
  it('opens what it needs, and keeps no more than four', async () => {
    const answers: (() => void)[] = [];
    const seen = await serve((_, response) => void answers.push(() => response.end('ok')));
    const destination = { host: '127.0.0.1', port: seen.port, path: '/' };
    const pool = createPool();
    try {
      const outcomes = sendMany(pool, destination, 10, true);
      await until(() => answers.length === 10);
      assert.equal(seen.connections.size, 10);
      for (const answer of answers.splice(0)) answer();
      for (const outcome of await Promise.all(outcomes)) assert.equal(outcome.type, 'ok');
      assert.equal(pool.size, KEPT_CONNECTIONS);
      const again = sendMany(pool, destination, 4, false);
      await until(() => answers.length === 4);
      assert.equal(seen.connections.size, 10, 'kept ones are used again');
      assert.equal(pool.send(destination, false), undefined);
      for (const answer of answers.splice(0)) answer();
      await Promise.all(again);
    } finally {
      pool.leave();
    }
  });
});
