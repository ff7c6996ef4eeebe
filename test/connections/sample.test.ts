import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchActivity } from '../../lib/connections/activity.ts';
import { isCounted } from '../../lib/connections/counted.ts';
import type { GaugeReading } from '../../lib/connections/in-flight.ts';
import { makeSample } from '../../lib/connections/sample.ts';
import { type Scope, serverEnds } from '../../lib/connections/scope.ts';
import type { Socket } from '../../lib/connections/socket.ts';
import type { Sample } from '../../lib/drain/sample.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import type { Container } from '../../lib/settings/settings.ts';
import { containerLike, infoLike, scopeLike, settingsLike, socketLike } from './sockets.ts';

const NOW = 1_000_000;
const BUSY = infoLike({ lastDataReceivedMs: 200, lastDataSentMs: 300 });
const OUTSIDE = { address: '10.0.0.9', port: 40_000 };
const INSIDE = { address: '127.0.0.1', port: 40_001 };
const POD = '10.0.0.7';

let made = 0;

/** A server's end at that port, of a peer of its own. */
function at(port: number, given: Partial<Socket> = {}): Socket {
  made++;
  const remote = { ...OUTSIDE, port: OUTSIDE.port + made };
  return socketLike({ cookie: made, local: { address: POD, port }, remote, ...given });
}

function listening(...ports: readonly number[]): Socket[] {
  return ports.map(port =>
    at(port, { state: 'listen', remote: { address: '0.0.0.0', port: 0 }, info: undefined }),
  );
}

function sampleOf(
  scope: Scope,
  sockets: Parsed<readonly Socket[]> | readonly Socket[],
  gauges: ReadonlyMap<string, GaugeReading> = new Map(),
): Sample {
  const read = 'ok' in sockets ? sockets : parsed(sockets);
  const ends = read.ok ? serverEnds(scope, read.value, undefined) : [];
  return makeSample(scope, {
    now: NOW,
    sockets: read,
    activities: watchActivity(new Map(), ends, NOW, 5000),
    gauges,
    arrivals: { arrivals: 'silent', lastArrivalAt: undefined },
  });
}

/** A pod of these containers, whose ports and some others have listened. */
function pod(containers: readonly Container[], given: Partial<Scope> = {}): Scope {
  return scopeLike({
    settings: settingsLike(containers),
    servedPorts: new Set([3000, 4000, 8125, 8866, 9000]),
    ...given,
  });
}

const rails = containerLike({ dependsOn: ['auth'] });
const auth = containerLike({ name: 'auth', ports: [4000] });
const statsd = containerLike({ name: 'statsd', ports: [8125], critical: false });

test('makeSample() counts for the pod what comes from outside, to any port but the agent’s and non-critical ones', () => {
  const scope = pod([rails, auth, statsd]);
  const table: readonly (readonly [string, Socket, number])[] = [
    ['rails', at(3000, { info: BUSY }), 1],
    ['a port that nobody declared', at(9000, { info: BUSY }), 1],
    ['the agent', at(8866, { info: BUSY }), 0],
    ['a non-critical container', at(8125, { info: BUSY }), 0],
    ['a port that never listened: its own client', at(51_000, { info: BUSY }), 0],
    ['from loopback', at(4000, { info: BUSY, remote: INSIDE }), 0],
    ['from the pod’s own address', at(4000, { info: BUSY, remote: { address: POD, port: 1 } }), 0],
  ];
  for (const [what, socket, requests] of table) {
    assert.equal(sampleOf(scope, [socket]).inFlight.requests, requests, what);
  }
  const shared = pod([rails, containerLike({ name: 'twin', ports: [3000], critical: false })]);
  assert.equal(
    sampleOf(shared, [at(3000, { info: BUSY })]).inFlight.requests,
    1,
    'shared with a critical one',
  );
});

test('makeSample() counts only declared ports on the node’s own network, where others listen too', () => {
  const scope = pod([rails], { hostNetwork: true });
  assert.equal(sampleOf(scope, [at(9000, { info: BUSY })]).inFlight.requests, 0);
  assert.equal(sampleOf(scope, [at(3000, { info: BUSY })]).inFlight.requests, 1);
});

test('makeSample() takes only the outside addresses for outside, where they are given', () => {
  const scope = pod([rails], { outsideAddresses: new Set(['127.0.1.1']) });
  const from = (address: string): number =>
    sampleOf(scope, [at(3000, { info: BUSY, remote: { address, port: 1 } })]).inFlight.requests;
  assert.deepEqual([from('127.0.1.1'), from('127.0.0.1'), from('10.0.0.9')], [1, 0, 0]);
});

test('makeSample() tells requests, doubt, connections and the oldest beginning apart', () => {
  const tie = infoLike({ lastDataReceivedMs: 900, lastDataSentMs: 900, lastAckReceivedMs: 900 });
  const sample = sampleOf(pod([rails]), [
    at(3000, { info: BUSY }),
    at(3000, { info: tie }),
    at(3000),
    at(3000, { state: 'fin-wait-2' }),
  ]);
  const expected = { requests: 1, inDoubt: 1, connections: 3, oldestBegunAt: NOW - 900, unknown: undefined };
  assert.deepEqual(sample.inFlight, expected);
  assert.deepEqual(sample.containers.get('rails')?.inFlight, expected);
});

test('makeSample() counts for a container what anybody but the agent has in flight there', () => {
  const inside = at(4000, { info: BUSY, remote: INSIDE });
  assert.equal(sampleOf(pod([auth]), [inside]).containers.get('auth')?.inFlight.requests, 1);
  const own = pod([auth], { ownEnds: new Set([inside.name]) });
  assert.equal(sampleOf(own, [inside]).containers.get('auth')?.inFlight.requests, 0);
});

test('makeSample() counts connections until they are closed, where the container says so', () => {
  const websocket = containerLike({ inFlight: { type: 'connections' } });
  const sample = sampleOf(pod([websocket]), [
    at(3000),
    at(3000, { state: 'close-wait' }),
    at(3000, { state: 'last-ack' }),
  ]);
  assert.deepEqual(sample.inFlight, {
    requests: 2,
    inDoubt: 0,
    connections: 2,
    oldestBegunAt: NOW,
    unknown: undefined,
  });
});

test('makeSample() takes a gauge’s number for its container, instead of its sockets', () => {
  const url = { scheme: 'http', host: undefined, port: 9293, path: '/stats' } as const;
  const puma = containerLike({ inFlight: { type: 'json', url, pointer: '/running' } });
  const withGauge = (reading?: GaugeReading): Sample =>
    sampleOf(pod([puma]), [at(3000, { info: BUSY })], new Map(reading ? [['rails', reading]] : []));
  const value = { type: 'value', at: NOW - 2000, value: 1.2, busySince: NOW - 9000 } as const;
  assert.deepEqual(withGauge(value).inFlight, {
    requests: 2,
    inDoubt: 0,
    connections: 1,
    oldestBegunAt: NOW - 9000,
    unknown: undefined,
  });
  const table: readonly (readonly [GaugeReading | undefined, RegExp])[] = [
    [undefined, /^The gauge of rails has not answered yet$/],
    [{ type: 'problem', problem: 'HTTP 500' }, /^The gauge of rails: HTTP 500$/],
    [{ ...value, value: 0, at: NOW - 2001 }, /^The gauge of rails has not answered for 2001 ms$/],
  ];
  for (const [reading, problem] of table) {
    assert.match(withGauge(reading).inFlight.unknown ?? '', problem);
    assert.match(withGauge(reading).containers.get('rails')?.inFlight.unknown ?? '', problem);
  }
});

test('makeSample() says unknown, and nobody is gone, when the sockets cannot be listed', () => {
  const sample = sampleOf(pod([rails]), unparsed('EPERM', 'and /proc is not there'));
  assert.equal(sample.inFlight.unknown, 'EPERM; and /proc is not there');
  assert.equal(sample.containers.get('rails')?.inFlight.unknown, 'EPERM; and /proc is not there');
  assert.equal(sample.containers.get('rails')?.gone, undefined);
});

test('makeSample() counts every connection, when the kernel tells no more than that it is there', () => {
  assert.equal(sampleOf(pod([rails]), [at(3000, { info: undefined })]).inFlight.requests, 1);
});

test('makeSample() tells a container gone when its ports are, and nothing may still come from it', () => {
  const goneWith = (...sockets: readonly Socket[]): boolean | undefined =>
    sampleOf(pod([rails, auth]), [...listening(4000), ...sockets]).containers.get('rails')?.gone;
  assert.equal(goneWith(), true, 'nothing');
  assert.equal(goneWith(...listening(3000)), false, 'listening');
  for (const state of [
    'established',
    'close-wait',
    'fin-wait-1',
    'fin-wait-2',
    'last-ack',
    'closing',
  ] as const) {
    assert.equal(goneWith(at(3000, { state })), false, state);
  }
  assert.equal(goneWith(at(3000, { state: 'time-wait' })), true, 'time-wait');
  assert.equal(goneWith(at(3000, { state: 'fin-wait-1', inode: 0 })), true, 'its program has gone');
  assert.equal(goneWith(at(4000, { remote: INSIDE })), false, 'it may flush through what it depends on');
  assert.equal(goneWith(at(4000, { remote: OUTSIDE })), true, 'that one is not its');
  assert.equal(goneWith(at(9000, { remote: INSIDE })), true, 'nor does it depend on that');
  const probes = [at(4000, { remote: INSIDE }), at(3000, { remote: INSIDE })];
  const probing = pod([rails, auth], { ownEnds: new Set(probes.map(({ name }) => name)) });
  const probed = sampleOf(probing, [...listening(4000), ...probes]);
  assert.equal(probed.containers.get('rails')?.gone, true, 'the agent’s own probes');
});

test('makeSample() leaves out a container of which nothing can be told', () => {
  const worker = containerLike({ name: 'worker', ports: [] });
  assert.equal(sampleOf(pod([rails, worker]), []).containers.has('worker'), false);
});

test('isCounted() takes connections within the pod, but not those of the agent’s own port', () => {
  const scope = pod([rails]);
  const counted = (local: string, localPort: number, remote: string, remotePort: number): boolean =>
    isCounted(scope, {
      state: 'established',
      local: { address: local, port: localPort },
      remote: { address: remote, port: remotePort },
    });
  assert.equal(counted('127.0.0.1', 4000, '127.0.0.1', 5000), true);
  assert.equal(counted(POD, 4000, POD, 5000), true);
  assert.equal(counted(POD, 3000, '10.0.0.9', 5000), false);
  assert.equal(counted('127.0.0.1', 8866, '127.0.0.1', 5000), false);
  assert.equal(counted('127.0.0.1', 5000, '127.0.0.1', 8866), false);
});

test('isCounted() takes one end of a connection from outside, where outside shares the loopback', () => {
  const scope = pod([rails], { outsideAddresses: new Set(['127.0.1.1']) });
  const server = { address: '127.0.0.1', port: 3000 };
  const client = { address: '127.0.1.1', port: 5000 };
  assert.equal(isCounted(scope, { state: 'established', local: server, remote: client }), true);
  assert.equal(isCounted(scope, { state: 'established', local: client, remote: server }), false);
  assert.equal(isCounted(scope, { state: 'time-wait', local: client, remote: server }), true);
  assert.equal(isCounted(scope, { state: 'time-wait', local: server, remote: client }), true);
  const inside = { address: '127.0.0.1', port: 5000 };
  assert.equal(isCounted(scope, { state: 'established', local: server, remote: inside }), false);
  assert.equal(
    isCounted(scope, { state: 'established', local: { ...server, port: 1 }, remote: client }),
    false,
  );
});
