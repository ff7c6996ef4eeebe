/** What netlink's reader makes of system calls that fail, and of answers that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSystemCalls, Netlink, type SystemCalls } from '../../agent/sidecar/sockets/netlink.ts';

const ASKED = { states: ['established'], info: true } as const;

test('Netlink.dump() asks once more, by a new socket, when an answer broke off, and no more than once', async () => {
  const loaded = await loadSystemCalls();
  assert.ok(loaded.ok);
  const calls = loaded.value;
  const fds: number[] = [];
  let faults = 1;
  const netlink = new Netlink({
    ...calls,
    socket: (...args) => {
      const fd = calls.socket(...args);
      fds.push(fd);
      return fd;
    },
    recv: (...args) => (faults-- > 0 ? -1 : calls.recv(...args)),
    errno: () => 105,
  });
  assert.ok(netlink.dump(ASKED).ok);
  assert.equal(fds.length, 2);
  faults = 2;
  const failed = netlink.dump(ASKED);
  assert.ok(!failed.ok && failed.problems[0] === 'The list of sockets broke off: ENOBUFS');
  assert.ok(netlink.dump(ASKED).ok);
  assert.equal(fds.length, 4);
  netlink.close();
});

/** Writes a netlink message that says how a dump went. */
function message(bytes: Uint8Array, type: number, sequence: number, error: number): number {
  bytes.fill(0, 0, 20);
  bytes.set([20, 0, 0, 0, type, 0, 0, 0, sequence]);
  bytes.set(new Uint8Array(Int32Array.of(error).buffer), 16);
  return 20;
}

/** Calls that succeed, and to which no answer comes. */
const working: SystemCalls = {
  socket: () => 3,
  send: (_, bytes) => bytes.length,
  recv: () => 0,
  close: () => 0,
  errno: () => 1,
};

/** The same, with an answer. */
function receives(fill: (bytes: Uint8Array, sequence: number) => number): SystemCalls {
  let sequence = 0;
  return {
    ...working,
    send: (_, bytes) => {
      sequence = bytes[8] ?? 0;
      return bytes.length;
    },
    recv: (_, bytes) => fill(bytes, sequence),
  };
}

test('Netlink.dump() ends within 500 ms, all its parts and tries together, when the list is endless', () => {
  let now = 1000;
  const endless = receives((bytes, sequence) => {
    now += 20;
    return message(bytes, 1, sequence, 0);
  });
  const dumped = new Netlink(endless, () => now).dump(ASKED);
  assert.deepEqual(dumped, { ok: false, problems: ['The list of sockets did not end within 500 ms'] });
  assert.equal(now, 1500);
});

test('Netlink.dump() tells the problem when netlink is refused, cut short, silent or nonsense', () => {
  const table: readonly (readonly [string, SystemCalls, string])[] = [
    ['no socket', { ...working, socket: () => -1 }, 'A netlink socket was refused: EPERM'],
    [
      'no request',
      { ...working, send: () => -1, errno: () => 111 },
      'A list of sockets was refused: ECONNREFUSED',
    ],
    [
      'refused',
      receives((bytes, sequence) => message(bytes, 2, sequence, -13)),
      "The kernel's answer is a refusal, errno 13: EACCES",
    ],
    [
      'nothing is ready',
      { ...working, recv: () => -1, errno: () => 11 },
      'The list of sockets broke off: EAGAIN',
    ],
    ['nothing', working, 'The list of sockets broke off: nothing came'],
    [
      'cut short',
      receives((bytes, sequence) => message(bytes, 18, sequence, 0)),
      "The kernel's answer is cut short",
    ],
    [
      'nonsense',
      receives(bytes => bytes.fill(0xff, 0, 100).length && 100),
      "The kernel's answer is cut short",
    ],
    [
      'an unknown errno',
      { ...working, socket: () => -1, errno: () => 99_999 },
      'A netlink socket was refused: errno 99999',
    ],
  ];
  for (const [what, faulty, problem] of table) {
    assert.deepEqual(new Netlink(faulty).dump(ASKED), { ok: false, problems: [problem] }, what);
  }
});
