import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseDump, parseLookUp } from '../../lib/connections/inet-diag.ts';
import { dumpRequest, lookUpRequest, setSequence } from '../../lib/connections/inet-diag-request.ts';
import { socketLike } from './sockets.ts';

const SEQUENCE = 7;
const SOCKET = 18;
const ERROR = 2;
const DONE = 3;

/** A netlink message, padded to 4 bytes. */
function message(type: number, body: Uint8Array, flags = 0, sequence = SEQUENCE): Uint8Array {
  const bytes = new Uint8Array((16 + body.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 16 + body.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, 16);
  return bytes;
}

/** `struct inet_diag_msg` and INET_DIAG_INFO, as x86-64 writes them. */
function socketBytes({ family = 2, state = 1, infoBytes = 160 } = {}): Uint8Array {
  const bytes = new Uint8Array(72 + 4 + infoBytes);
  const view = new DataView(bytes.buffer);
  bytes.set([family, state, 0, 0]);
  view.setUint16(4, 3000);
  view.setUint16(6, 40_000);
  bytes.set([10, 0, 0, 7], 8);
  bytes.set([10, 0, 0, 9], 24);
  view.setUint32(44, 5, true);
  view.setUint32(52, 200, true);
  view.setUint32(56, 11, true);
  view.setUint32(60, 12, true);
  view.setUint32(68, 99, true);
  view.setUint16(72, 4 + infoBytes, true);
  view.setUint16(74, 2, true);
  for (let i = 0; 4 * i + 4 <= infoBytes; i++) view.setUint32(76 + 4 * i, 4 * i, true);
  return bytes;
}

function number32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]));
}

test('parseDump() takes what never changes from the sockets of an earlier dump', () => {
  const bytes = joined(message(SOCKET, socketBytes()), message(DONE, number32(0)));
  const known = socketLike({ cookie: 5, state: 'close-wait', unread: 1 });
  const part = parseDump(bytes, SEQUENCE, new Map([[5, known]]));
  const socket = part.type === 'done' ? part.sockets[0] : undefined;
  assert.equal(socket?.local, known.local);
  assert.equal(socket?.remote, known.remote);
  assert.deepEqual([socket?.state, socket?.unread], ['established', 11]);
});

test('parseDump() reads a socket from its fixed offsets', () => {
  const part = parseDump(joined(message(SOCKET, socketBytes()), message(DONE, number32(0))), SEQUENCE);
  assert.equal(part.type, 'done');
  if (part.type !== 'done') return;
  const [{ handle, ...socket } = socketLike(), ...others] = part.sockets;
  assert.equal(others.length, 0);
  assert.equal(handle?.length, 52);
  assert.deepEqual(socket, {
    cookie: 5,
    name: '10.0.0.7 3000 10.0.0.9 40000',
    state: 'established',
    local: { address: '10.0.0.7', port: 3000 },
    remote: { address: '10.0.0.9', port: 40_000 },
    timerMs: 200,
    unread: 11,
    unacknowledged: 12,
    inode: 99,
    info: {
      lastDataSentMs: 44,
      lastDataReceivedMs: 52,
      lastAckReceivedMs: 56,
      segmentsOut: 136,
      segmentsIn: 140,
      dataSegmentsIn: 152,
      dataSegmentsOut: 156,
    },
  });
});

test('parseDump() gives a socket without tcp_info when the kernel left it out, or is older', () => {
  for (const infoBytes of [0, 100, 156]) {
    const part = parseDump(message(SOCKET, socketBytes({ infoBytes })), SEQUENCE);
    assert.ok(part.type === 'more' && part.sockets[0] !== undefined && part.sockets[0].info === undefined);
  }
});

test('parseDump() leaves out what answers an earlier request, and messages of other kinds', () => {
  const stale = message(SOCKET, socketBytes(), 0, SEQUENCE - 1);
  const part = parseDump(joined(stale, message(1, number32(0)), message(DONE, new Uint8Array())), SEQUENCE);
  assert.deepEqual(part, { type: 'done', sockets: [] });
});

test('parseDump() tells a problem when the kernel refuses, breaks off or talks nonsense', () => {
  const table: readonly (readonly [string, Uint8Array, string, number?])[] = [
    ['refused', message(ERROR, number32(-1)), "The kernel's answer is a refusal, errno 1", 1],
    ['failed at its end', message(DONE, number32(-105)), "The kernel's answer is a refusal, errno 105", 105],
    [
      'acknowledged',
      message(ERROR, number32(0)),
      "The kernel's answer is an acknowledgement without sockets",
    ],
    ['interrupted', message(SOCKET, socketBytes(), 0x10), "The kernel's answer was interrupted"],
    ['cut short', message(SOCKET, socketBytes()).subarray(0, 100), "The kernel's answer is cut short"],
    ['too short', message(SOCKET, new Uint8Array(71)), "The kernel's answer is cut short"],
    ['a length of 0', new Uint8Array(16), "The kernel's answer is cut short"],
    [
      'family',
      message(SOCKET, socketBytes({ family: 1 })),
      "The kernel's answer has a socket of an unknown kind",
    ],
    [
      'state',
      message(SOCKET, socketBytes({ state: 99 })),
      "The kernel's answer has a socket of an unknown kind",
    ],
  ];
  for (const [what, bytes, problem, errno] of table) {
    const part = parseDump(bytes, SEQUENCE);
    assert.ok(part.type === 'problem', what);
    assert.deepEqual([part.problem, part.errno], [problem, errno], what);
  }
});

test('parseLookUp() tells what became of a socket', () => {
  const part = parseDump(message(SOCKET, socketBytes()), SEQUENCE);
  assert.ok(part.type === 'more' && part.sockets[0] !== undefined);
  const [before] = part.sockets;
  const same = message(SOCKET, socketBytes());
  assert.deepEqual(parseLookUp(same, before), { type: 'quiet' });
  const moved = parseLookUp(message(SOCKET, socketBytes({ state: 8 })), before);
  assert.ok(
    moved.type === 'moved' && moved.socket.state === 'close-wait' && moved.socket.cookie === before.cookie,
  );
  assert.deepEqual(parseLookUp(message(ERROR, number32(-2)), before), { type: 'gone' });
  assert.deepEqual(parseLookUp(message(ERROR, number32(-116)), before), { type: 'gone' });
  assert.equal(parseLookUp(message(ERROR, number32(-1)), before).type, 'problem');
  const other = socketBytes();
  other[44] = 6;
  assert.equal(parseLookUp(message(SOCKET, other), before).type, 'problem');
});

test('parseDump() and parseLookUp() give a value or a problem, never a throw, when the bytes are any bytes', () => {
  const real = joined(message(SOCKET, socketBytes()), message(SOCKET, socketBytes({ family: 10, state: 6 })));
  const spoilt = fc
    .tuple(fc.nat(real.length), fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 5 }))
    .map(([length, changes]) => {
      const bytes = Uint8Array.from(real);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.subarray(0, length);
    });
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 300 })), bytes => {
      const part = parseDump(bytes, SEQUENCE);
      assert.ok(part.type === 'problem' || part.sockets.length <= bytes.length / 88);
      parseLookUp(bytes, socketLike({ handle: new Uint8Array(52) }));
    }),
  );
});

test('dumpRequest() writes the kernel’s request, and its filter as jumps that end where the program ends', () => {
  const bytes = dumpRequest({
    states: ['established', 'listen'],
    info: true,
    anyOf: [
      { end: 'local', port: 3000 },
      { end: 'remote', address: '127.0.0.0', prefixLength: 8 },
    ],
  });
  setSequence(bytes, 9);
  const view = new DataView(bytes.buffer);
  assert.equal(view.getUint32(0, true), bytes.length);
  assert.deepEqual(
    [view.getUint16(4, true), view.getUint16(6, true), view.getUint32(8, true)],
    [18, 0x301, 9],
  );
  assert.deepEqual([bytes[19], view.getUint32(68, true)], [2, (1 << 1) | (1 << 10)]);
  assert.deepEqual(
    [...bytes.subarray(76)],
    [
      [36, 0, 1, 0], // the attribute
      [7, 12, 16, 0, 0, 0, 0, 0, 0xb8, 0x0b, 0, 0], // local port 3000, else 16 bytes on
      [1, 4, 20, 0], // to the end
      [8, 16, 20, 0, 2, 8, 0, 0, 0xff, 0xff, 0xff, 0xff, 127, 0, 0, 0], // remote 127.0.0.0/8, else past the end
    ].flat(),
  );
});

test('lookUpRequest() asks for each handle by itself', () => {
  const handle = Uint8Array.from({ length: 52 }, (_, i) => i + 1);
  const bytes = lookUpRequest([handle, handle]);
  assert.equal(bytes.length, 2 * 76);
  for (const part of [bytes.subarray(0, 76), bytes.subarray(76)]) {
    const view = new DataView(part.buffer, part.byteOffset);
    assert.deepEqual(
      [view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true)],
      [76, 18, 1],
    );
    assert.deepEqual([...part.subarray(16, 20)], [1, 0, 0, 2]);
    assert.deepEqual([...part.subarray(20, 68)], [...handle.subarray(4)]);
  }
});
