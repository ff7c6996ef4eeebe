import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { decodeCheck, encodeCheck, judgeCheck } from '../../lib/readiness/grpc-health.ts';

const frame = (...message: number[]) => Uint8Array.from([0, 0, 0, 0, message.length, ...message]);

test('encodeCheck() frames a protobuf message of the service', () => {
  assert.deepEqual([...encodeCheck('')], [0, 0, 0, 0, 0]);
  assert.deepEqual([...encodeCheck('ab')], [0, 0, 0, 0, 4, 0x0a, 2, 0x61, 0x62]);
  const long = encodeCheck('é'.repeat(100));
  assert.deepEqual([...long.subarray(0, 8)], [0, 0, 0, 0, 203, 0x0a, 0xc8, 0x01]);
  assert.equal(long.length, 5 + 203);
});

const decodings: readonly [what: string, bytes: Uint8Array, status: number | undefined][] = [
  ['nothing', new Uint8Array(), undefined],
  ['an empty message', frame(), 0],
  ['SERVING', frame(0x08, 1), 1],
  ['a large enum', frame(0x08, 0xac, 0x02), 300],
  ['the last of several', frame(0x08, 1, 0x08, 2), 2],
  [
    'unknown fields of every wire type',
    frame(0x10, 9, 0x1a, 1, 7, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2d, 1, 2, 3, 4, 0x08, 1),
    1,
  ],
  ['the status in another wire type', frame(0x0a, 1, 1), 0],
  ['a field that is cut short', frame(0x0a, 9, 1), undefined],
  ['a varint that is cut short', frame(0x08, 0x80), undefined],
  ['a varint without end', frame(0x08, ...Array.from({ length: 11 }, () => 0xff)), undefined],
  ['a group, which nobody sends', frame(0x0b), undefined],
  ['a compressed frame', Uint8Array.from([1, 0, 0, 0, 2, 8, 1]), undefined],
  ['a frame longer than it says', Uint8Array.from([0, 0, 0, 0, 1, 8, 1]), undefined],
  ['a frame shorter than it says', Uint8Array.from([0, 0, 0, 0, 3, 8, 1]), undefined],
];

for (const [what, bytes, status] of decodings) {
  test(`decodeCheck() returns ${status} when it reads ${what}`, () =>
    assert.equal(decodeCheck(bytes), status));
}

test('decodeCheck() reads a part of a larger buffer', () => {
  assert.equal(decodeCheck(Uint8Array.from([9, 9, ...frame(0x08, 1)]).subarray(2)), 1);
});

test('judgeCheck() returns a result, never throws, for any answer', () => {
  const text = fc.option(fc.oneof(fc.constant('0'), fc.string()), { nil: undefined });
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.uint8Array({ maxLength: 40 }).map(message => frame(...message)),
  );
  const answer = fc.record({ httpStatus: fc.integer(), body: bytes, grpcStatus: text, grpcMessage: text });
  fc.assert(
    fc.property(
      fc.oneof(
        answer,
        answer.map(made => ({ ...made, httpStatus: 200, grpcStatus: '0' })),
      ),
      made => {
        const { type, reason } = judgeCheck(made);
        assert.ok(type === 'success' ? decodeCheck(made.body) === 1 : reason.length < 2000);
      },
    ),
    { numRuns: 1000 },
  );
});

for (const [what, grpcStatus, pattern] of [
  ['is absent', undefined, /has no grpc-status/],
  ['is empty', '', /failed with code ""/],
  ['is no number', 'x', /failed with code "x"/],
  ['is DEADLINE_EXCEEDED', '4', /ran out of time at the server/],
  ['is NOT_FOUND', '5', /failed with NOT_FOUND: "m"/],
  ['is UNIMPLEMENTED', '12', /does not implement the gRPC health protocol/],
  ['is another', '13', /failed with code "13": "m"/],
] as const) {
  test(`judgeCheck() fails when the gRPC status ${what}, even with SERVING in the body`, () => {
    const result = judgeCheck({ httpStatus: 200, body: frame(0x08, 1), grpcStatus, grpcMessage: 'm' });
    assert.equal(result.type, 'failure');
    assert.match(result.reason, pattern);
  });
}
