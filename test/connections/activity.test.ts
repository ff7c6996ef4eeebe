import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Activity, watchActivity } from '../../lib/connections/activity.ts';
import type { Socket, TcpInfo } from '../../lib/connections/socket.ts';
import { infoLike, socketLike } from './sockets.ts';

const DOUBT_MS = 5000;
const START = 1_000_000;

/** Looks at one connection again and again. */
function follow(looks: readonly (readonly [now: number, socket: Socket])[]): Activity[] {
  let known: ReadonlyMap<string, Activity> = new Map();
  return looks.map(([now, socket]) => {
    known = watchActivity(known, [socket], START + now, DOUBT_MS);
    const activity = known.get(socket.name);
    assert.ok(activity !== undefined);
    return activity;
  });
}

function verdicts(
  looks: readonly (readonly [number, Partial<TcpInfo>])[],
  given: Partial<Socket> = {},
): string[] {
  const sockets = looks.map(([now, info]) => [now, socketLike({ ...given, info: infoLike(info) })] as const);
  return follow(sockets).map(({ verdict }) => verdict);
}

/** Sent and received in the same tick. */
function tie(ageMs: number, given: Partial<TcpInfo> = {}): Partial<TcpInfo> {
  return { lastDataSentMs: ageMs, lastDataReceivedMs: ageMs, lastAckReceivedMs: ageMs, ...given };
}

/** A connection that has received two segments. */
function answering(
  dataSegmentsOut: number,
  lastDataSentMs: number,
  lastDataReceivedMs: number,
): Partial<TcpInfo> {
  return { dataSegmentsIn: 2, dataSegmentsOut, lastDataSentMs, lastDataReceivedMs };
}

/** A tie 2 s ago, with pure ACKs both ways, after 5 segments each way. */
function movedBy(dataIn: number, dataOut: number): Partial<TcpInfo> {
  return tie(2000, {
    dataSegmentsIn: 5 + dataIn,
    dataSegmentsOut: 5 + dataOut,
    segmentsIn: 11 + dataIn,
    segmentsOut: 11 + dataOut,
  });
}

/** Idle after so many exchanges of one segment each way. */
function afterExchanges(count: number): readonly [number, Partial<TcpInfo>] {
  const segments = { segmentsIn: count, segmentsOut: count, dataSegmentsIn: count, dataSegmentsOut: count };
  return [100 * count, { ...infoLike(), ...segments }];
}

function lastVerdict(...looks: readonly (readonly [number, Partial<TcpInfo>])[]): string | undefined {
  return verdicts(looks).at(-1);
}

function lookAt(
  now: number,
  dataSegmentsIn: number,
  dataSegmentsOut: number,
  lastDataReceivedMs: number,
  lastDataSentMs: number,
): readonly [number, Socket] {
  const info = { dataSegmentsIn, dataSegmentsOut, lastDataReceivedMs, lastDataSentMs };
  return [now, socketLike({ info: infoLike(info) })];
}

test('watchActivity() judges a connection at first sight when order or bytes tell', () => {
  const received = { lastDataReceivedMs: 10, lastDataSentMs: 20 };
  const sent = { lastDataReceivedMs: 20, lastDataSentMs: 10 };
  const table: readonly (readonly [string, Partial<Socket>, Activity['verdict']])[] = [
    ['received later than sent', { info: infoLike(received) }, 'in flight'],
    ['sent later than received', { info: infoLike(sent) }, 'idle'],
    ['received, never sent', { info: infoLike({ ...sent, dataSegmentsOut: 0 }) }, 'in flight'],
    ['never received', { info: infoLike({ ...received, dataSegmentsIn: 0 }) }, 'idle'],
    ['neither', { info: infoLike({ dataSegmentsIn: 0, dataSegmentsOut: 0 }) }, 'idle'],
    ['bytes unread', { info: infoLike(sent), unread: 1 }, 'in flight'],
    ['bytes unacknowledged or unsent', { info: infoLike(sent), unacknowledged: 1 }, 'in flight'],
    [
      'half closed by the client, request open',
      { info: infoLike(received), state: 'close-wait' },
      'in flight',
    ],
    [
      'half closed by the client, its FIN unread',
      { info: infoLike(sent), state: 'close-wait', unread: 1 },
      'idle',
    ],
    [
      'half closed by the client, more unread',
      { info: infoLike(sent), state: 'close-wait', unread: 2 },
      'in flight',
    ],
    ['closed by us, all sent', { info: infoLike(received), state: 'fin-wait-2' }, 'idle'],
    [
      'closed by us, our FIN unacknowledged',
      { info: infoLike(sent), state: 'fin-wait-1', unacknowledged: 1 },
      'idle',
    ],
    [
      'closed by us, the answer not all sent',
      { info: infoLike(sent), state: 'fin-wait-1', unacknowledged: 2 },
      'in flight',
    ],
    [
      'closed by both, the answer not all sent',
      { info: infoLike(sent), state: 'last-ack', unacknowledged: 2 },
      'in flight',
    ],
    ['without tcp_info, connected', { info: undefined }, 'in flight'],
    ['without tcp_info, closed by us', { info: undefined, state: 'fin-wait-2' }, 'idle'],
    ['a tie, acknowledged later', { info: infoLike(tie(20, { lastAckReceivedMs: 10 })) }, 'idle'],
    [
      'a tie, acknowledged by TCP keep-alive',
      { info: infoLike(tie(3000, { lastAckReceivedMs: 10 })) },
      'in doubt',
    ],
    ['a tie', { info: infoLike(tie(4999)) }, 'in doubt'],
    ['a tie, when doubt has ended', { info: infoLike(tie(5000)) }, 'idle'],
  ];
  for (const [what, socket, verdict] of table) {
    assert.equal(follow([[0, socketLike(socket)]])[0]?.verdict, verdict, what);
  }
});

test('watchActivity() resolves a tie when the pure ACKs since its last data tell', () => {
  const before = { segmentsIn: 10, segmentsOut: 10, dataSegmentsIn: 5, dataSegmentsOut: 5 };
  const exchanged = { dataSegmentsIn: 6, dataSegmentsOut: 6 };
  const both = tie(20, { ...exchanged, segmentsIn: 12, segmentsOut: 12 });
  const table: readonly (readonly [string, readonly Partial<TcpInfo>[], Activity['verdict']])[] = [
    ['none came in', [tie(20, { ...exchanged, segmentsIn: 11, segmentsOut: 11 })], 'in flight'],
    ['one went out only', [tie(20, { ...exchanged, segmentsIn: 11, segmentsOut: 12 })], 'in flight'],
    [
      'one came in only, but a request may yet be acknowledged',
      [tie(249, { ...exchanged, segmentsIn: 12, segmentsOut: 11 })],
      'in doubt',
    ],
    [
      'one came in only, and long enough ago',
      [tie(250, { ...exchanged, segmentsIn: 12, segmentsOut: 11 })],
      'idle',
    ],
    ['both', [both], 'in doubt'],
    ['both, then one out', [both, tie(50, { ...exchanged, segmentsIn: 12, segmentsOut: 13 })], 'in flight'],
    ['both, then one in', [both, tie(50, { ...exchanged, segmentsIn: 13, segmentsOut: 12 })], 'idle'],
    ['both, then both', [both, tie(50, { ...exchanged, segmentsIn: 13, segmentsOut: 13 })], 'in doubt'],
    [
      'both, then a keep-alive out',
      [both, tie(2000, { ...exchanged, segmentsIn: 12, segmentsOut: 13 })],
      'in doubt',
    ],
    [
      'in flight, then keep-alives both ways',
      [
        tie(20, { ...exchanged, segmentsIn: 11, segmentsOut: 12 }),
        tie(15_000, { ...exchanged, segmentsIn: 13, segmentsOut: 14 }),
      ],
      'in flight',
    ],
  ];
  for (const [what, infos, verdict] of table) {
    const looks = infos.map((info, i) => [100 + 100 * i, info] as const);
    assert.equal(verdicts([[0, { ...tie(50), ...before }], ...looks]).at(-1), verdict, what);
  }
});

test('watchActivity() resolves a tie when the number of segments tells, after a look that was sure', () => {
  const idle = { ...infoLike(), segmentsIn: 10, segmentsOut: 10, dataSegmentsIn: 5, dataSegmentsOut: 5 };
  const waiting = { ...idle, lastDataReceivedMs: 60, lastDataSentMs: 1000 };
  const unacknowledged = { ...idle, lastDataReceivedMs: 60, lastDataSentMs: 50 };
  const table: readonly (readonly [string, Partial<TcpInfo>, Partial<TcpInfo>, Activity['verdict']])[] = [
    ['idle, one in, one out', idle, movedBy(1, 1), 'idle'],
    ['idle, one in, a long answer out', idle, movedBy(1, 9), 'idle'],
    ['idle, two in, one out', idle, movedBy(2, 1), 'in doubt'],
    ['waiting, one out, the next one in', waiting, movedBy(1, 1), 'in flight'],
    ['waiting, two out, one in', waiting, movedBy(1, 2), 'in doubt'],
    ['perhaps an upload, one in, one out', { ...waiting, lastDataReceivedMs: 49 }, movedBy(1, 1), 'in doubt'],
  ];
  for (const [what, before, after, verdict] of table) {
    assert.equal(
      verdicts([
        [0, before],
        [100, after],
      ]).at(-1),
      verdict,
      what,
    );
  }
  const busy = socketLike({ info: infoLike(unacknowledged), unacknowledged: 9 });
  assert.equal(
    follow([
      [0, busy],
      [100, socketLike({ info: infoLike(movedBy(1, 1)) })],
    ]).at(-1)?.verdict,
    'in doubt',
    'bytes on their way, one in, one out',
  );
});

test('watchActivity() resolves a tie when each request and answer so far had one segment', () => {
  const three = [afterExchanges(3), afterExchanges(4), afterExchanges(5)];
  assert.equal(lastVerdict(...three, [1000, movedBy(2, 1)]), 'in flight', 'one more came');
  assert.equal(lastVerdict(...three, [1000, movedBy(2, 2)]), 'in doubt', 'as many came as went');
  assert.equal(lastVerdict(...three, [1000, movedBy(3, 1)]), 'in doubt', 'two more came');
  assert.equal(
    lastVerdict(afterExchanges(4), afterExchanges(5), [1000, movedBy(2, 1)]),
    'in doubt',
    'no habit yet',
  );
  const [, uneven] = afterExchanges(4);
  const other = [
    afterExchanges(3),
    [400, { ...uneven, dataSegmentsOut: 3, segmentsOut: 3 }],
    afterExchanges(5),
  ] as const;
  assert.equal(lastVerdict(...other, [1000, movedBy(2, 1)]), 'in doubt', 'not always so');
});

test('watchActivity() counts segments right when the counters wrap', () => {
  const last = 2 ** 32 - 1;
  const before = { segmentsIn: last, segmentsOut: last, dataSegmentsIn: last, dataSegmentsOut: last };
  const after = tie(20, { segmentsIn: 1, segmentsOut: 2, dataSegmentsIn: 1, dataSegmentsOut: 1 });
  assert.deepEqual(
    verdicts([
      [0, { ...tie(50), ...before }],
      [100, after],
    ]),
    ['in doubt', 'in flight'],
  );
});

test('watchActivity() keeps what a tie was, when the client then closes its side', () => {
  const info = { dataSegmentsIn: 2, dataSegmentsOut: 2, segmentsIn: 2, segmentsOut: 3 };
  const afterFin = tie(120, { ...info, segmentsIn: 3, segmentsOut: 4, lastAckReceivedMs: 10 });
  const [, before, after] = follow([
    [0, socketLike({ info: infoLike({ segmentsIn: 1, segmentsOut: 1 }) })],
    [100, socketLike({ info: infoLike(tie(20, info)) })],
    [200, socketLike({ info: infoLike(afterFin), state: 'close-wait', unread: 1 })],
  ]);
  assert.deepEqual([before?.verdict, after?.verdict], ['in flight', 'in flight']);
});

test('watchActivity() takes what has sent in two samples for a stream, until it has not for 1 s', () => {
  const looks = [
    [0, infoLike()],
    [100, answering(1, 1100, 50)],
    [200, answering(2, 10, 150)],
    [300, answering(2, 110, 250)],
    [400, answering(3, 50, 350)],
    [1349, answering(3, 999, 1299)],
    [1350, answering(3, 1000, 1300)],
  ] as const;
  assert.deepEqual(verdicts(looks), ['idle', 'in flight', 'idle', 'idle', 'in flight', 'in flight', 'idle']);
});

test('watchActivity() tells when the request in hand began', () => {
  const begun = follow([
    lookAt(0, 1, 1, 1010, 1000),
    lookAt(100, 2, 1, 30, 1100), // a request came 30 ms ago
    lookAt(200, 3, 1, 10, 1200), // and goes on: an upload
    lookAt(300, 4, 2, 5, 20), // it was answered, and the next one came
    lookAt(400, 4, 2, 105, 120),
    lookAt(500, 4, 3, 205, 10), // answered
    lookAt(600, 5, 3, 40, 110), // a third one
  ]).map(({ begunAt }) => begunAt && begunAt - START);
  assert.deepEqual(begun, [undefined, 70, 70, 295, 295, undefined, 560]);
});

test('watchActivity() takes what comes after an answer for a new request, though it was never seen idle', () => {
  const [, sending, next] = follow([
    [0, socketLike({ info: infoLike({ lastDataReceivedMs: 10 }) })],
    [
      100,
      socketLike({
        unacknowledged: 9,
        info: infoLike({ dataSegmentsOut: 2, lastDataReceivedMs: 110, lastDataSentMs: 5 }),
      }),
    ],
    [
      200,
      socketLike({
        info: infoLike({
          dataSegmentsIn: 2,
          dataSegmentsOut: 2,
          lastDataReceivedMs: 20,
          lastDataSentMs: 105,
        }),
      }),
    ],
  ]);
  assert.deepEqual([sending?.begunAt, next?.begunAt], [START - 10, START + 180]);
});

test('watchActivity() dates a request no earlier than the last look, when that saw the connection idle', () => {
  // A retransmission makes an idle connection unacknowledged again: what it last received is an hour old.
  const old = { lastDataReceivedMs: 3_600_000, lastDataSentMs: 10 };
  const [, busy] = follow([
    [0, socketLike({ info: infoLike(old) })],
    [100, socketLike({ unacknowledged: 1, info: infoLike({ ...old, dataSegmentsOut: 2 }) })],
  ]);
  assert.equal(busy?.begunAt, START);
});

/** As /proc tells of it. */
function lookWithoutData(now: number): readonly [number, Socket] {
  return [now, socketLike({ info: undefined, cookie: undefined })];
}

test('watchActivity() goes on as before after a look that tells nothing of the data', () => {
  const upload = follow([
    lookAt(0, 1, 1, 1010, 1000),
    lookAt(100, 2, 1, 30, 1100), // a request came 30 ms ago
    lookWithoutData(200),
    lookAt(300, 3, 1, 10, 1300), // and goes on
    lookAt(400, 3, 2, 110, 10), // answered
    lookWithoutData(500),
    lookAt(600, 3, 2, 310, 210),
  ]);
  const told = upload.map(({ verdict, begunAt }) => [verdict, begunAt && begunAt - START]);
  assert.deepEqual(told, [
    ['idle', undefined],
    ['in flight', 70],
    ['in flight', 70],
    ['in flight', 70],
    ['idle', undefined],
    ['in flight', 0],
    ['idle', undefined],
  ]);
  assert.ok(upload.every(({ firstSeenAt }) => firstSeenAt === START));
});

test('watchActivity() takes what was connected before it told of its data for busy all the while', () => {
  const [, stream, ended] = follow([
    lookWithoutData(0),
    lookAt(500, 1, 9, 700, 999),
    lookAt(501, 1, 9, 701, 1000),
  ]);
  assert.deepEqual([stream?.verdict, ended?.verdict], ['in flight', 'in flight'], 'a request');
  assert.equal(stream?.begunAt, START - 200);
  const sent = follow([lookWithoutData(0), lookAt(500, 1, 9, 2000, 999), lookAt(501, 1, 9, 2001, 1000)]);
  assert.deepEqual(
    sent.map(({ verdict }) => verdict),
    ['in flight', 'in flight', 'idle'],
    'perhaps a stream',
  );
  const [, upload] = follow([lookWithoutData(0), lookAt(500, 9, 0, 10, 1000)]);
  assert.equal(upload?.begunAt, START);
});

test('watchActivity() begins anew when the same ends are those of another socket', () => {
  const [, other] = follow([
    lookAt(0, 1, 0, 1000, 1000),
    [100, socketLike({ cookie: 2, info: infoLike({ lastDataReceivedMs: 10 }) })],
  ]);
  assert.deepEqual([other?.firstSeenAt, other?.begunAt], [START + 100, START + 90]);
});

test('watchActivity() forgets connections that are not in the list any more', () => {
  const known = watchActivity(new Map(), [socketLike()], START, DOUBT_MS);
  assert.equal(watchActivity(known, [], START + 100, DOUBT_MS).size, 0);
});

test('watchActivity() holds no tie in doubt for longer than allowed, whatever it saw before', () => {
  const count = fc.integer({ min: 0, max: 3 });
  const step = fc.record({
    ms: fc.integer({ min: 1, max: 3000 }),
    received: count,
    sent: count,
    ackIn: count,
    ackOut: count,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), steps => {
      let [now, lastIn, lastOut] = [0, 0, 0];
      let counters = { segmentsIn: 1, segmentsOut: 1, dataSegmentsIn: 1, dataSegmentsOut: 1 };
      const looks = steps.map(({ ms, received, sent, ackIn, ackOut }) => {
        now += ms;
        if (received > 0) lastIn = now;
        if (sent > 0) lastOut = now;
        counters = {
          segmentsIn: counters.segmentsIn + received + ackIn,
          segmentsOut: counters.segmentsOut + sent + ackOut,
          dataSegmentsIn: counters.dataSegmentsIn + received,
          dataSegmentsOut: counters.dataSegmentsOut + sent,
        };
        const info = {
          lastDataReceivedMs: now - lastIn,
          lastDataSentMs: now - lastOut,
          lastAckReceivedMs: 0,
        };
        return [now, socketLike({ info: infoLike({ ...counters, ...info }) })] as const;
      });
      for (const [i, { verdict, begunAt }] of follow(looks).entries()) {
        const info = looks[i]?.[1].info;
        assert.ok(verdict !== 'in doubt' || (info?.lastDataReceivedMs ?? 0) < DOUBT_MS);
        assert.equal(begunAt === undefined, verdict === 'idle');
        assert.ok(begunAt === undefined || begunAt <= START + (looks[i]?.[0] ?? 0));
      }
    }),
  );
});
