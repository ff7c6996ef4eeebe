import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agesOfOpenings, beginOpenings, countOpenings, noteOpening } from '../../lib/connections/openings.ts';
import { connectionName, type Socket } from '../../lib/connections/socket.ts';
import { socketLike } from './sockets.ts';

const server = { address: '127.0.0.1', port: 4000 };

/** The server's end of a connection from that port. */
function serverEnd(port: number, cookie?: number, state: Socket['state'] = 'established'): Socket {
  return socketLike({ cookie, state, local: server, remote: { address: '127.0.0.1', port } });
}

function clientEnd(port: number, cookie?: number, state: Socket['state'] = 'established'): Socket {
  return socketLike({ cookie, state, local: { address: '127.0.0.1', port }, remote: server });
}

/** How many were counted after each further list. */
function totals(first: readonly Socket[], ...lists: readonly (readonly Socket[])[]): number[] {
  let openings = beginOpenings(first, [], 0);
  return lists.map((sockets, i) => {
    openings = countOpenings(openings, sockets, 100 * (i + 1));
    return openings.total;
  });
}

test('countOpenings() counts each connection once, by whichever of its ends', () => {
  assert.deepEqual(totals([serverEnd(1, 1)], [serverEnd(1, 1)]), [0]);
  assert.deepEqual(totals([], [serverEnd(1, 1), clientEnd(1, 2)], [clientEnd(1, 2, 'time-wait')]), [1, 1]);
  assert.deepEqual(totals([], [serverEnd(1, 1)], [clientEnd(1, 2, 'time-wait')]), [1, 1]);
  assert.deepEqual(totals([], [clientEnd(1, 2, 'time-wait')], [clientEnd(1, 2, 'time-wait')]), [1, 1]);
  assert.deepEqual(totals([], [serverEnd(1, 1), serverEnd(2, 3)], []), [2, 2]);
});

test('countOpenings() takes no end of a connection for an opening', () => {
  const known = [serverEnd(1, 1), serverEnd(2, 3)];
  assert.deepEqual(totals(known, [clientEnd(1, 2, 'time-wait'), serverEnd(2, 3, 'fin-wait-2')], []), [0, 0]);
});

test('countOpenings() counts again when the same ends are used for another connection', () => {
  const closed = clientEnd(1, 2, 'time-wait');
  assert.deepEqual(totals([], [closed], [serverEnd(1, 3)], [clientEnd(1, 4, 'time-wait')]), [1, 2, 2]);
  assert.deepEqual(totals([], [closed], [clientEnd(1, 4, 'time-wait')]), [1, 2]);
  assert.deepEqual(totals([], [serverEnd(1, 1)], [serverEnd(1, 3)]), [1, 2]);
});

test('countOpenings() counts none again when a list comes from elsewhere, without cookies, and then not', () => {
  const [listed, closed] = [serverEnd(1, 1), clientEnd(2, 2, 'time-wait')];
  const elsewhere = [serverEnd(1), clientEnd(2, undefined, 'time-wait')];
  assert.deepEqual(totals([listed, closed], elsewhere, [listed, closed]), [0, 0]);
  assert.deepEqual(totals([listed, closed], [...elsewhere, serverEnd(3)], [listed, serverEnd(3, 3)]), [1, 1]);
  assert.deepEqual(totals([closed], elsewhere, [serverEnd(2)]), [1, 2], 'its ends used again');
});

test('noteOpening() counts what its opener reports, but not again what a list shows', () => {
  const name = connectionName(serverEnd(1, 1));
  const none = beginOpenings([], [], 0);
  const reported = noteOpening(none, { name, at: 10 });
  assert.equal(reported.total, 1);
  assert.equal(countOpenings(reported, [serverEnd(1, 1)], 20).total, 1, 'reported, then listed');
  const listed = countOpenings(none, [serverEnd(1, 1)], 10);
  assert.equal(noteOpening(listed, { name, at: 11 }).total, 1, 'listed, then reported');
  const reset = countOpenings(countOpenings(reported, [], 20), [], 30);
  assert.equal(reset.total, 1, 'reset: no list shows it');
  assert.equal(noteOpening(reset, { name, at: 40 }).total, 2, 'its ends used again');
  assert.equal(countOpenings(reset, [], 70_000).known.size, 0, 'forgotten after a minute');
});

test('beginOpenings() does not count what was there or reported before', () => {
  const name = connectionName(serverEnd(2, 3));
  const openings = beginOpenings([serverEnd(1, 1)], [{ name, at: -500 }], 0);
  assert.equal(openings.total, 0);
  assert.equal(countOpenings(openings, [serverEnd(1, 1), serverEnd(2, 3)], 100).total, 0);
});

test('agesOfOpenings() tells each connection once, by its report or else by TIME-WAIT', () => {
  const closed = { ...clientEnd(1, 2, 'time-wait'), timerMs: 50_000 };
  const reported = { ...clientEnd(2, 4, 'time-wait'), timerMs: 50_000 };
  const reports = [
    { name: connectionName(reported), at: 80_000 },
    { name: connectionName(clientEnd(3, 5)), at: 99_000 },
  ];
  const ages = agesOfOpenings([closed, reported, serverEnd(4, 6)], reports, 100_000);
  assert.deepEqual(
    ages.toSorted((a, b) => a - b),
    [1000, 10_000, 20_000],
    'opened, ended, opened',
  );
});
