import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SampleFacts } from '../../agent/sidecar/sockets/drain-look.ts';
import { loadSystemCalls, type SystemCalls } from '../../agent/sidecar/sockets/netlink.ts';
import { readProcSockets } from '../../agent/sidecar/sockets/proc.ts';
import { openSocketReader, type SocketLists, type SocketReader } from '../../agent/sidecar/sockets/reader.ts';
import { createSampler, type Sampler } from '../../agent/sidecar/sockets/sampler.ts';
import type { InFlight, Sample } from '../../lib/drain/sample.ts';
import { parsed, unparsed } from '../../lib/parsed.ts';
import type { Container } from '../../lib/settings/settings.ts';
import { containerLike, settingsLike, socketLike } from '../connections/sockets.ts';
import { eventually, type Loopback, loopback } from './loopback.ts';

// Real sockets, by netlink. The outside is an address of this process alone: what others on this host do is within.

const OUTSIDE = `127.77.${process.pid & 0xff}.${(process.pid >> 8) & 0xff}`;

function clock(): number {
  return performance.timeOrigin + performance.now();
}

/** A sample, and between which moments it was made: on a busy machine they may lie apart. */
interface Taken {
  readonly sample: Sample;
  readonly facts: SampleFacts;
  readonly from: number;
  readonly to: number;
}

interface Watching {
  readonly sampler: Sampler;
  /** Waits for the next sample that is as wanted. */
  readonly until: (what: string, wanted: (taken: Taken) => boolean) => Promise<Sample>;
  readonly taken: readonly Taken[];
}

/** Samples as in a drain. */
function watch(
  t: TestContext,
  containers: readonly Container[],
  openReader?: () => Promise<SocketReader>,
): Watching {
  const taken: Taken[] = [];
  // A sample looks at the clock when it begins, and when it has counted, if it counts.
  let [from, last] = [0, 0];
  const sampler = createSampler({
    settings: settingsLike(containers),
    agentPort: 1,
    clock: () => {
      [from, last] = [last, clock()];
      return last;
    },
    onSample: (sample, facts) => void taken.push({ sample, facts, from, to: clock() }),
    fetchGauge: () => Promise.resolve(unparsed('There is no gauge')),
    outsideAddresses: [OUTSIDE],
    ...(openReader ? { openReader } : {}),
  });
  t.after(() => sampler.close());
  sampler.begin();
  return {
    sampler,
    taken,
    until: async (what, wanted) => {
      let next = taken.length;
      const found = await eventually(what, () => {
        while (next < taken.length) {
          const one = taken[next++];
          if (one !== undefined && wanted(one)) return one;
        }
        return undefined;
      });
      return found.sample;
    },
  };
}

async function serve(t: TestContext): Promise<{ server: Loopback; rails: Container }> {
  const server = await loopback();
  t.after(() => server.close());
  return { server, rails: containerLike({ ports: [server.port] }) };
}

function isBusy({ sample: { inFlight } }: Taken): boolean {
  return inFlight.requests === 1 && inFlight.inDoubt === 0;
}

function isIdle({ sample: { inFlight } }: Taken): boolean {
  return inFlight.requests + inFlight.inDoubt === 0 && inFlight.connections === 1;
}

function isRailsGone({ sample }: Taken): boolean | undefined {
  return sample.containers.get('rails')?.gone;
}

function inRails({ sample }: Taken): InFlight | undefined {
  return sample.containers.get('rails')?.inFlight;
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** So long that the answer comes in a later tick than the request. */
const THINK_MS = 30;
/** The client acknowledges within 40 ms. */
const ACKNOWLEDGED_MS = 60;

test('createSampler() tells a request in flight from its first byte to the answer’s last, and then idle', async t => {
  const { server, rails } = await serve(t);
  const { until, taken } = watch(t, [rails]);
  const { client, server: accepted } = await server.open(OUTSIDE);
  await until('a new connection is idle', isIdle);
  const sentAt = clock();
  accepted.resume();
  client.write('request');
  const writtenAt = clock();
  const { inFlight } = await until('in flight', isBusy);
  const begunAt = inFlight.oldestBegunAt ?? 0;
  // The kernel's clock ticks each 10 ms at most; and between the two clocks the machine may be busy with others.
  assert.ok(
    begunAt > sentAt - 100 && begunAt < writtenAt + 100,
    `begun ${begunAt - sentAt} ms after it was sent`,
  );
  await sleep(THINK_MS);
  accepted.write('answer');
  const answeredAt = clock();
  await until('a later sample', ({ from }) => from > answeredAt + 400);
  const later = taken.filter(({ from }) => from > answeredAt + ACKNOWLEDGED_MS);
  assert.ok(later.length > 0 && later.every(isIdle));
});

test('createSampler() tells a request in flight when the client has closed its side, until the answer is out', async t => {
  const { server, rails } = await serve(t);
  const { until } = watch(t, [rails]);
  const { client, server: accepted } = await server.open(OUTSIDE);
  accepted.resume();
  client.end('request');
  await until('in flight', isBusy);
  await sleep(THINK_MS);
  client.resume();
  accepted.end('answer');
  await until(
    'nothing',
    ({ sample: { inFlight } }) => inFlight.requests + inFlight.inDoubt + inFlight.connections === 0,
  );
});

test('createSampler() tells unread and unsent bytes as in flight', async t => {
  const { server, rails } = await serve(t);
  const { until } = watch(t, [rails]);
  const { client, server: accepted } = await server.open(OUTSIDE);
  accepted.pause();
  client.write('x'.repeat(100));
  await until('unread', isBusy);
  accepted.resume();
  client.pause();
  await sleep(THINK_MS);
  // More than the client's buffers take while it does not read.
  accepted.write(Buffer.alloc(16 * 1024 * 1024));
  await until('a stuck answer', isBusy);
  await sleep(300);
  await until('still stuck', isBusy);
  client.resume();
  await until('all sent', isIdle);
});

test('createSampler() tells a stream as in flight through its pauses, until 1 s after its last byte', async t => {
  const { server, rails } = await serve(t);
  const { until, taken } = watch(t, [rails]);
  const { client, server: accepted } = await server.open(OUTSIDE);
  accepted.resume();
  client.resume().write('request');
  await until('in flight', isBusy);
  for (let i = 0; i < 2; i++) {
    await sleep(250);
    accepted.write('part');
    const writtenAt = clock();
    await until('a sample after each part', ({ from }) => from > writtenAt);
  }
  const beforeLast = clock();
  accepted.write('the last part');
  const afterLast = clock();
  await until('a later sample', ({ from }) => from > afterLast + 1100);
  const during = taken.filter(({ from, to }) => from > afterLast && to < beforeLast + 950);
  assert.ok(during.every(isBusy));
  const after = taken.filter(({ from }) => from > afterLast + 1050);
  assert.ok(after.length > 0 && after.every(isIdle));
});

test('createSampler() tells new connections from outside as arrivals, each once, and nobody else', async t => {
  const { server, rails } = await serve(t);
  const { until, taken } = watch(t, [rails]);
  await until('the first sample', () => true);
  await server.open('127.0.0.1');
  await sleep(250);
  const openedAt = clock();
  for (let i = 0; i < 3; i++) {
    const { client, server: accepted } = await server.open(OUTSIDE);
    accepted.on('end', () => accepted.end()).resume();
    client.end();
    await once(client, 'close');
  }
  const { lastArrivalAt = 0 } = await until('three arrivals', ({ facts }) => facts.arrivalsCount === 3);
  const confirmed = taken.findIndex(({ facts }) => facts.arrivalsCount === 3);
  const shownBy = taken[confirmed - 1]?.to ?? 0;
  assert.ok(lastArrivalAt >= openedAt && lastArrivalAt <= shownBy, `${lastArrivalAt - openedAt} ms`);
  await sleep(300);
  const counts = taken.map(({ facts }) => facts.arrivalsCount);
  assert.equal(Math.max(...counts), 3);
  assert.ok(taken.filter(({ to }) => to < openedAt).every(({ facts }) => facts.arrivalsCount === 0));
});

test('createSampler() tells a container gone once its port and all on it are, and not before', async t => {
  const { server, rails } = await serve(t);
  const auth = await loopback();
  t.after(() => auth.close());
  const authContainer = containerLike({ name: 'auth', ports: [auth.port] });
  const { until, taken } = watch(t, [{ ...rails, dependsOn: ['auth'] }, authContainer]);
  const { client, server: accepted } = await server.open(OUTSIDE);
  const inner = await auth.open('127.0.0.1');
  await until('it serves', () => true);
  server.unlisten();
  await until('it works on', ({ sample }) => sample.inFlight.connections === 1);
  await sleep(300);
  client.destroy();
  accepted.destroy();
  await until('it may flush through auth', ({ sample }) => sample.inFlight.connections === 0);
  await sleep(300);
  assert.ok(taken.length > 3 && taken.every(one => isRailsGone(one) === false));
  inner.client.destroy();
  inner.server.destroy();
  const { containers } = await until('it is gone', one => isRailsGone(one) === true);
  assert.equal(containers.get('auth')?.gone, false);
});

test('createSampler() takes no client for a container’s connection when it has the port that the container had', async t => {
  const { server, rails } = await serve(t);
  const database = await loopback({ host: OUTSIDE });
  t.after(() => database.close());
  const { until, taken } = watch(t, [rails]);
  await until('it serves', one => isRailsGone(one) === false);
  server.unlisten();
  await until('it is gone', one => isRailsGone(one) === true);
  const client = connect({ host: OUTSIDE, port: database.port, localPort: server.port });
  t.after(() => client.destroy());
  client.write('a query that is never answered');
  await once(client, 'connect');
  const connectedAt = clock();
  const after = (): readonly Taken[] => taken.filter(({ from }) => from > connectedAt);
  await until('three samples more', () => after().length >= 3);
  assert.ok(after().every(one => isRailsGone(one) === true));
  assert.ok(after().every(({ sample }) => sample.inFlight.connections === 0));
});

test('createSampler() takes no connection within the pod for an arrival when it opens while the lists are made', async t => {
  const inner = Array.from({ length: 40 }, (_, i) => {
    const remote = { address: '127.0.0.1', port: 50_000 + i };
    return socketLike({ cookie: i + 1, local: { address: '127.0.0.1', port: 3000 }, remote });
  });
  let opened = 0;
  const counts: number[] = [];
  const lists: SocketLists = {
    listening: () => parsed([]),
    timeWait: () => parsed([]),
    serving: () => {
      const sockets = parsed(inner.slice(0, opened));
      // Now and then two, and then none, so that the counter stands still.
      if (counts.length % 4 === 0) opened += 2;
      return { source: 'sock_diag', because: undefined, sockets };
    },
  };
  const sampler = createSampler({
    settings: settingsLike(),
    agentPort: 8866,
    clock,
    onSample: (_, { arrivalsCount }) => void counts.push(arrivalsCount),
    fetchGauge: () => Promise.resolve(unparsed('There is no gauge')),
    openReader: () =>
      Promise.resolve({ lists: () => lists, lookUp: () => parsed({ left: [], moved: [] }), close: () => {} }),
    readCounter: () => parsed(1000 + opened),
  });
  t.after(() => sampler.close());
  sampler.begin();
  await eventually('twelve samples', () => counts[11], 10_000);
  assert.deepEqual(new Set(counts), new Set([0]));
});

test('createSampler() does not count what the agent opened itself, once told', async t => {
  const { server, rails } = await serve(t);
  const { until, sampler } = watch(t, [rails]);
  const { client, server: accepted } = await server.open('127.0.0.1');
  accepted.resume();
  client.write('a slow probe');
  await until('somebody’s', one => inRails(one)?.requests === 1);
  sampler.opened(client);
  await until('the agent’s', one => inRails(one)?.requests === 0 && inRails(one)?.connections === 0);
});

test('createSampler() samples from begin to end, and again, by the settings of the moment', async t => {
  const { server, rails } = await serve(t);
  const { until, sampler, taken } = watch(t, []);
  const { client } = await server.open(OUTSIDE);
  client.write('request');
  await until('a port that listens', isBusy);
  sampler.reconfigure(settingsLike([{ ...rails, critical: false }]));
  await until('a non-critical one', ({ sample }) => sample.inFlight.requests === 0);
  sampler.end();
  const { length } = taken;
  await sleep(300);
  assert.equal(taken.length, length);
  sampler.begin();
  sampler.begin();
  await until('again', one => inRails(one)?.requests === 1);
  const { length: from } = taken;
  const begunAt = clock();
  await sleep(500);
  const most = Math.ceil((clock() - begunAt) / 80);
  assert.ok(taken.length - from <= most, `${taken.length - from} samples, at most ${most} were due`);
});

test('createSampler() goes on as before when netlink fails for a while: nothing arrives or begins anew', async t => {
  const { server, rails } = await serve(t);
  const calls = await loadSystemCalls();
  assert.ok(calls.ok);
  let failing = false;
  const { value: working } = calls;
  const faulty: SystemCalls = { ...working, send: (...args) => (failing ? -1 : working.send(...args)) };
  const loaded = { ok: true, value: faulty } as const;
  const { until, taken } = watch(t, [rails], () =>
    openSocketReader({ loadSystemCalls: () => Promise.resolve(loaded), readProcSockets }),
  );
  await until('the first sample', () => true);
  const { client, server: accepted } = await server.open(OUTSIDE);
  accepted.resume();
  client.write('a slow request');
  await server.open(OUTSIDE);
  const { inFlight } = await until('one of two is busy', one => isBusy(one) && one.facts.arrivalsCount === 2);
  for (let i = 0; i < 2; i++) {
    failing = true;
    const busy = await until('both count', ({ facts }) => facts.source === '/proc/net/tcp');
    assert.deepEqual([busy.inFlight.requests, busy.inFlight.connections], [2, 2]);
    failing = false;
    const again = await until('as before', ({ facts }) => facts.source === 'sock_diag');
    assert.deepEqual(again.inFlight, inFlight);
  }
  await sleep(250);
  assert.ok(taken.every(({ facts }) => facts.arrivalsCount <= 2));
});

test('createSampler() keeps its pace when the machine lets it wait, which is no work of its own', async t => {
  const startedAt: number[] = [];
  const sampler = createSampler({
    settings: settingsLike([]),
    agentPort: 1,
    clock,
    onSample: () => {
      const isFirst = startedAt.push(clock()) === 1;
      if (isFirst) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    },
    fetchGauge: () => Promise.resolve(unparsed('There is no gauge')),
  });
  t.after(() => sampler.close());
  sampler.begin();
  const second = await eventually('a second sample', () => startedAt[1]);
  const tookMs = second - (startedAt[0] ?? Number.NaN);
  // Ten times 500 ms, if it were work.
  assert.ok(tookMs < 4000, `${tookMs} ms`);
});

test('createSampler() looks for the first time after what has come in is read', async t => {
  const { server, rails } = await serve(t);
  const { client, server: accepted } = await server.open(OUTSIDE);
  client.write('another hook');
  const order: string[] = [];
  accepted.once('data', () => order.push('input'));
  const { until } = watch(t, [rails], () => {
    order.push('look');
    return openSocketReader();
  });
  await until('a sample', () => true);
  assert.deepEqual(order, ['input', 'look']);
});

/** Neither netlink nor /proc. */
function openNothing(): Promise<SocketReader> {
  return openSocketReader({
    loadSystemCalls: () => Promise.resolve(unparsed('EPERM')),
    readProcSockets: () => unparsed('EACCES'),
  });
}

test('createSampler() says unknown, never zero, when neither netlink nor /proc can be read', async t => {
  for (const containers of [[], [containerLike()]]) {
    const { until } = watch(t, containers, openNothing);
    const sample = await until('a sample', ({ facts }) => facts.source === 'none');
    assert.equal(sample.inFlight.unknown, 'EPERM; EACCES');
    assert.equal(sample.arrivals, 'untold');
  }
});
