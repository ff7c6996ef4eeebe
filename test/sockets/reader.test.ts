import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadSystemCalls, type SystemCalls } from '../../agent/sidecar/sockets/netlink.ts';
import { passiveOpensReader, readListeningPorts, readProcSockets } from '../../agent/sidecar/sockets/proc.ts';
import { openSocketReader } from '../../agent/sidecar/sockets/reader.ts';
import { unparsed } from '../../lib/parsed.ts';
import { eventually, loopback } from './loopback.ts';

const refused = () => Promise.resolve(unparsed('koffi cannot be loaded: no such module'));

test('openSocketReader() lists by netlink, and says so', async t => {
  const server = await loopback();
  t.after(() => server.close());
  await server.open();
  const reader = await openSocketReader();
  t.after(() => reader.close());
  const { source, because, sockets } = reader.lists().serving(new Set([server.port]));
  assert.deepEqual([source, because], ['sock_diag', undefined]);
  assert.ok(sockets.ok);
  assert.ok(sockets.value.every(({ local, info }) => local.port === server.port && info !== undefined));
  // On another address the same port may be another's.
  assert.equal(sockets.value.filter(({ local }) => local.address === '127.0.0.1').length, 2);
});

test('openSocketReader() asks for no more ports than the kernel filters in a few ms', async t => {
  const calls = await loadSystemCalls();
  assert.ok(calls.ok);
  const lengths: number[] = [];
  const { value: working } = calls;
  const counting: SystemCalls = {
    ...working,
    send: (fd, bytes, length, flags) => {
      lengths.push(length);
      return working.send(fd, bytes, length, flags);
    },
  };
  const reader = await openSocketReader({
    loadSystemCalls: () => Promise.resolve({ ok: true, value: counting }),
    readProcSockets,
  });
  t.after(() => reader.close());
  for (const ports of [1, 50, 51, 1000]) {
    assert.equal(
      reader.lists().serving(new Set(Array.from({ length: ports }, (_, i) => i + 1))).source,
      'sock_diag',
    );
  }
  const [one = 0, most = 0, over = 0, many = 0] = lengths;
  assert.ok(one < most && over < one && many === over, String(lengths));
});

test('openSocketReader() lists from /proc, and says why, when netlink cannot be had', async t => {
  const server = await loopback();
  t.after(() => server.close());
  await server.open();
  const reader = await openSocketReader({ loadSystemCalls: refused, readProcSockets });
  const { source, because, sockets } = reader.lists().serving(new Set([server.port]));
  assert.deepEqual([source, because], ['/proc/net/tcp', 'koffi cannot be loaded: no such module']);
  assert.ok(sockets.ok && sockets.value.every(({ local }) => local.port === server.port));
  assert.deepEqual(new Set(sockets.value.map(({ state }) => state)), new Set(['listen', 'established']));
  assert.ok(sockets.value.every(({ info }) => info === undefined));
  assert.equal(reader.lookUp(sockets.value).ok, false);
  assert.ok(reader.lists().timeWait([]).ok);
});

test('openSocketReader() reads /proc once for all lists of a moment, when netlink fails, and asks again at the next', async t => {
  const calls = await loadSystemCalls();
  assert.ok(calls.ok);
  let failing = true;
  let readings = 0;
  const { value: working } = calls;
  const faulty: SystemCalls = { ...working, send: (...args) => (failing ? -1 : working.send(...args)) };
  const reader = await openSocketReader({
    loadSystemCalls: () => Promise.resolve({ ok: true, value: faulty }),
    readProcSockets: () => {
      readings++;
      return readProcSockets();
    },
  });
  t.after(() => reader.close());
  const lists = reader.lists();
  assert.equal(lists.serving(new Set([1])).source, '/proc/net/tcp');
  failing = false;
  assert.ok(lists.listening().ok && lists.timeWait([]).ok);
  assert.equal(lists.serving(new Set([1])).source, '/proc/net/tcp');
  assert.equal(readings, 1);
  assert.equal(reader.lists().serving(new Set([1])).source, 'sock_diag');
});

test('openSocketReader() lists nothing, and says all the reasons, when /proc cannot be read either', async () => {
  const reader = await openSocketReader({
    loadSystemCalls: refused,
    readProcSockets: () => unparsed('/proc/net/tcp cannot be read: EACCES'),
  });
  assert.deepEqual(reader.lists().serving(new Set()), {
    source: 'none',
    because: 'koffi cannot be loaded: no such module',
    sockets: unparsed('koffi cannot be loaded: no such module', '/proc/net/tcp cannot be read: EACCES'),
  });
  assert.equal(reader.lists().timeWait([]).ok, false);
});

/** Connects while this process cannot accept. */
const CONNECT = `
  const { connect } = require('node:net');
  for (const _ of [1, 2, 3]) connect(Number(process.argv[1]), '127.0.0.1').unref();
  setTimeout(() => {}, 200);
`;

for (const [source, loadCalls] of [
  ['netlink', loadSystemCalls],
  ['/proc', refused],
] as const) {
  test(`openSocketReader() tells by ${source} how many connections wait to be accepted, as unread`, async t => {
    const server = await loopback();
    t.after(() => server.close());
    const reader = await openSocketReader({ loadSystemCalls: loadCalls, readProcSockets });
    t.after(() => reader.close());
    const waiting = (): number | undefined => {
      const { sockets } = reader.lists().serving(new Set([server.port]));
      if (!sockets.ok) return undefined;
      // On another address the same port may be another's.
      return sockets.value.find(({ state, local }) => state === 'listen' && local.address === '127.0.0.1')
        ?.unread;
    };
    assert.equal(waiting(), 0);
    execFileSync(process.execPath, ['-e', CONNECT, String(server.port)], { timeout: 10_000 });
    assert.equal(waiting(), 3);
    await eventually('all are accepted', () => server.accepted[2]);
    assert.equal(waiting(), 0);
  });
}

test('passiveOpensReader() counts each accepted connection, those already closed too', async t => {
  const server = await loopback();
  t.after(() => server.close());
  const read = passiveOpensReader();
  const before = read();
  assert.ok(before.ok);
  for (let i = 0; i < 3; i++) (await server.open()).client.destroy();
  const after = read();
  // Others on this host may connect meanwhile.
  assert.ok(after.ok && after.value >= before.value + 3);
});

test('readListeningPorts() tells the ports that listen, and not those that are only connected', async t => {
  const server = await loopback();
  t.after(() => server.close());
  const { client } = await server.open();
  const ports = readListeningPorts();
  assert.ok(ports.ok && ports.value.has(server.port) && !ports.value.has(client.localPort ?? 0));
});

test('passiveOpensReader() and readProcSockets() tell a problem when a file is missing, too long or nonsense', t => {
  const folder = mkdtempSync(join(tmpdir(), 'podusher-proc-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.match(problemOf(passiveOpensReader(folder)()), /snmp cannot be read: ENOENT/);
  assert.match(problemOf(readProcSockets(folder)), /tcp cannot be read: ENOENT/);
  writeFileSync(join(folder, 'snmp'), 'x'.repeat(70_000));
  assert.match(problemOf(passiveOpensReader(folder)()), /snmp is longer than 65536 bytes$/);
  writeFileSync(join(folder, 'snmp'), 'nonsense');
  assert.match(
    problemOf(passiveOpensReader(folder)()),
    /snmp cannot be read: It has no number "PassiveOpens"/,
  );
  writeFileSync(join(folder, 'tcp'), '  sl  local_address\n');
  assert.deepEqual(readProcSockets(folder), { ok: true, value: [] }, 'a node without IPv6');
  writeFileSync(join(folder, 'tcp6'), 'nonsense');
  assert.match(problemOf(readProcSockets(folder)), /tcp6 cannot be read: It does not begin/);
});

function problemOf(result: { readonly ok: boolean; readonly problems?: readonly string[] }): string {
  return result.problems?.join('; ') ?? assert.fail('It was read');
}
