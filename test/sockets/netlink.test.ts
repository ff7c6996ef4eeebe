import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { loadSystemCalls, Netlink } from '../../agent/sidecar/sockets/netlink.ts';
import type { EndFilter } from '../../lib/connections/inet-diag-request.ts';
import type { End, Socket } from '../../lib/connections/socket.ts';
import type { Parsed } from '../../lib/parsed.ts';
import { eventually, type Loopback, loopback } from './loopback.ts';

const calls = need(await loadSystemCalls());

function need<T>(result: Parsed<T>): T {
  if (result.ok) return result.value;
  return assert.fail(result.problems.join('; '));
}

/** All sockets of a test's server, its clients' ends among them. */
function dump(netlink: Netlink, port: number): readonly Socket[] {
  const anyOf: readonly EndFilter[] = [
    { end: 'local', port },
    { end: 'remote', port },
  ];
  return need(netlink.dump({ states: ALL, info: true, anyOf }));
}

const ALL = [
  'established',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'close-wait',
  'last-ack',
  'listen',
  'closing',
] as const;

const STATES: Readonly<Record<string, string>> = {
  ESTAB: 'established',
  LISTEN: 'listen',
  'CLOSE-WAIT': 'close-wait',
  'FIN-WAIT-2': 'fin-wait-2',
};

/** What `ss` says of the same sockets, by their two ends. */
function ss(port: number): Map<string, { state: string | undefined; numbers: Record<string, number> }> {
  let output: string;
  try {
    output = execFileSync('ss', ['-tanHOi', `( sport = :${port} or dport = :${port} )`], {
      encoding: 'utf8',
    });
  } catch (error) {
    return assert.fail(`This test compares with "ss"; install iproute2 (${String(error)})`);
  }
  const lines = output.split('\n').filter(line => line !== '' && !line.startsWith('TIME-WAIT'));
  return new Map(
    lines.map(line => {
      const [state = '', unread, unacknowledged, local = '', remote = '', ...rest] = line.trim().split(/\s+/);
      const told = Object.fromEntries(
        rest.flatMap(word => {
          const [name, value] = word.split(':');
          return name === undefined || value === undefined ? [] : [[name, Number(value)]];
        }),
      );
      const name = `${normal(local)} ${normal(remote)}`;
      return [
        name,
        {
          state: STATES[state],
          numbers: { ...told, unread: Number(unread), unacknowledged: Number(unacknowledged) },
        },
      ];
    }),
  );
}

/** `[::ffff:127.0.0.1]:80` as `127.0.0.1:80`. */
function normal(end: string): string {
  return end
    .replace(/^\[::ffff:(.*)\]:/, '$1:')
    .replace(/^\[(.*)\]:/, '$1:')
    .replace(/^\*:/, ':::')
    .replace(/:\*$/, ':0');
}

function nameOf({ local, remote }: Socket): string {
  return `${local.address}:${local.port} ${remote.address}:${remote.port}`;
}

/** Connections of all kinds: quiet, unread, answered, half closed. */
async function traffic(server: Loopback): Promise<void> {
  const [, unread, answered, half] = [
    await server.open(),
    await server.open(),
    await server.open(),
    await server.open(),
  ];
  unread.server.pause();
  unread.client.write('unread');
  answered.server.once('data', () => answered.server.write('a longer answer'));
  answered.client.write('request');
  await once(answered.client, 'data');
  half.server.resume();
  half.client.end('last');
  await once(half.server, 'end');
}

/** Whether that is the server's end, and not of another with the same port: one that listens on `::` is called by IPv4. */
function isServer({ address, port }: End, host: string, serverPort: number): boolean {
  return port === serverPort && (address === host || (host === '::' && address === '127.0.0.1'));
}

for (const host of ['127.0.0.1', '::1', '::']) {
  test(`Netlink.dump() tells of each socket what ss tells, when the server listens on ${host}`, async t => {
    const server = await loopback({ host });
    t.after(() => server.close());
    const netlink = new Netlink(calls);
    t.after(() => netlink.close());
    await traffic(server);
    await new Promise(resolve => setTimeout(resolve, 250)); // until the last delayed ACK

    const told = ss(server.port);
    // Others may have the same port on another address, or had it, and left connections in TIME-WAIT.
    const sockets = dump(netlink, server.port).filter(
      ({ state, local, remote }) =>
        state !== 'time-wait' && [local, remote].some(end => isServer(end, host, server.port)),
    );
    const toldLater = ss(server.port);
    assert.equal(sockets.length, 9);
    const ends = new Set(
      [host, host === '::' ? '127.0.0.1' : host].map(address => `${address}:${server.port}`),
    );
    const toldHere = [...told.keys()].filter(name => name.split(' ').some(end => ends.has(end)));
    assert.equal(toldHere.length, 9);
    for (const socket of sockets) {
      const { state, numbers } =
        told.get(nameOf(socket)) ?? assert.fail(`ss does not know ${nameOf(socket)}`);
      assert.equal(socket.state, state);
      if (state === 'listen') continue;
      const { info, unread, unacknowledged } = socket;
      assert.ok(info !== undefined);
      const { segs_in, segs_out, data_segs_in = 0, data_segs_out = 0 } = numbers;
      assert.deepEqual([unread, unacknowledged], [numbers['unread'], numbers['unacknowledged']]);
      assert.deepEqual(
        [info.segmentsIn, info.segmentsOut, info.dataSegmentsIn, info.dataSegmentsOut],
        [segs_in ?? 0, segs_out ?? 0, data_segs_in, data_segs_out],
      );
      const later = toldLater.get(nameOf(socket))?.numbers ?? {};
      for (const [ours, field] of [
        [info.lastDataSentMs, 'lastsnd'],
        [info.lastDataReceivedMs, 'lastrcv'],
        [info.lastAckReceivedMs, 'lastack'],
      ] as const) {
        const [least = 0, most = 0] = [numbers[field], later[field]];
        assert.ok(ours >= least && ours <= most, `${ours}, not ${least} to ${most} ms of ${nameOf(socket)}`);
      }
    }
  });
}

test('Netlink.dump() lists what the filter lets through, and only that', async t => {
  const server = await loopback();
  t.after(() => server.close());
  const netlink = new Netlink(calls);
  t.after(() => netlink.close());
  const { client } = await server.open('127.0.1.1');
  await server.open('127.0.0.1');
  const { port } = server;
  const count = (...anyOf: readonly EndFilter[]): number =>
    need(netlink.dump({ states: ['established'], info: false, anyOf })).filter(({ local, remote }) =>
      [local, remote].some(end => isServer(end, '127.0.0.1', port)),
    ).length;
  assert.equal(count({ end: 'local', port }), 2);
  assert.equal(count({ end: 'local', port }, { end: 'remote', port }), 4);
  assert.equal(count({ end: 'remote', address: '127.0.1.1', prefixLength: 32 }), 1);
  assert.equal(count({ end: 'local', address: '127.0.1.1', prefixLength: 32 }), 1);
  assert.equal(count({ end: 'remote', address: '127.0.0.0', prefixLength: 8 }), 4);
  assert.equal(count({ end: 'remote', address: '10.0.0.0', prefixLength: 8 }), 0);
  assert.equal(count({ end: 'remote', address: '::1', prefixLength: 128 }), 0);
  const many = Array.from({ length: 99 }, (_, i): EndFilter => ({ end: 'local', port: i + 1 }));
  assert.equal(count(...many, { end: 'local', port }), 2);
  assert.equal(client.localAddress, '127.0.1.1');
});

test('Netlink.dump() shows a closed connection in TIME-WAIT, with how long it stays', async t => {
  const server = await loopback({ allowHalfOpen: false });
  t.after(() => server.close());
  const netlink = new Netlink(calls);
  t.after(() => netlink.close());
  const { client, server: accepted } = await server.open();
  const { localPort } = client;
  accepted.resume();
  client.end();
  const socket = await eventually('TIME-WAIT', () =>
    dump(netlink, server.port).find(({ state, local }) => state === 'time-wait' && local.port === localPort),
  );
  assert.ok(socket.timerMs > 50_000 && socket.timerMs <= 60_000, String(socket.timerMs));
  assert.equal(socket.info, undefined);
});

test('Netlink.lookUp() tells what moved, what did not, and leaves out what is gone', async t => {
  const server = await loopback();
  t.after(() => server.close());
  const netlink = new Netlink(calls);
  t.after(() => netlink.close());
  const pairs = [await server.open(), await server.open(), await server.open()] as const;
  // More than fit into one request.
  for (let i = 0; i < 70; i++) await server.open();
  const anyOf: readonly EndFilter[] = [{ end: 'local', port: server.port }];
  const before = need(netlink.dump({ states: ['established'], info: true, anyOf })).filter(({ local }) =>
    isServer(local, '127.0.0.1', server.port),
  );
  assert.equal(before.length, 73);
  const endOf = (i: 0 | 1 | 2): Socket | undefined =>
    before.find(({ remote }) => remote.port === pairs[i].client.localPort);
  pairs[1].client.write('hello');
  await once(pairs[1].server, 'data');
  pairs[2].server.resetAndDestroy();
  const { left, moved } = need(netlink.lookUp(before));
  assert.equal(left.length, 72);
  assert.deepEqual(
    moved.map(({ cookie }) => cookie),
    [endOf(1)?.cookie],
  );
  assert.equal(moved[0]?.info?.dataSegmentsIn, 1);
  assert.deepEqual(moved[0]?.local, endOf(1)?.local);
  assert.ok(left.some(socket => socket === endOf(0)));
  assert.ok(!left.some(({ cookie }) => cookie === endOf(2)?.cookie));
});
