import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionWatch } from '../../agent/sidecar/sockets/connection-watch.ts';
import type { LookedUp } from '../../agent/sidecar/sockets/netlink.ts';
import type { Socket, TcpInfo } from '../../lib/connections/socket.ts';
import { type Parsed, parsed } from '../../lib/parsed.ts';
import { infoLike, socketLike } from '../connections/sockets.ts';

const DOUBT_MS = 1000;

/** A connection with so many segments of data so far. */
function connection(port: number, segments: number, given: Partial<TcpInfo> = {}): Socket {
  const info = infoLike({ dataSegmentsIn: segments, dataSegmentsOut: segments, ...given });
  return socketLike({ cookie: port, remote: { address: '10.0.0.9', port }, info, handle: new Uint8Array() });
}

/** @returns the ports of the connections that are looked up. */
function lookedUp(watch: ConnectionWatch, now: number): number[] {
  let asked: readonly Socket[] = [];
  const lookUp = (sockets: readonly Socket[]): Parsed<LookedUp> => {
    asked = sockets;
    return parsed({ left: sockets, moved: [] });
  };
  watch.lookUp({ lookUp }, now, DOUBT_MS);
  return asked.map(({ remote }) => remote.port);
}

test('ConnectionWatch looks up a connection that a sample left unclear, for 10 s, and no other', () => {
  const watch = new ConnectionWatch();
  watch.sample([connection(1, 1), connection(2, 1)], 0, DOUBT_MS);
  assert.equal(watch.isWatching, false, 'both are surely idle');
  const tie = { lastDataSentMs: 10, lastDataReceivedMs: 10, lastAckReceivedMs: 10 };
  watch.sample([connection(1, 2), connection(2, 3)], 165, DOUBT_MS);
  assert.deepEqual(lookedUp(watch, 198), [2], 'two segments came, and either may have come last');
  watch.sample([connection(1, 2), connection(2, 3), connection(3, 1, tie)], 330, DOUBT_MS);
  assert.deepEqual(lookedUp(watch, 363), [2, 3], 'it is not known which of its data came last');
  watch.sample([connection(1, 2), connection(2, 3), connection(3, 1)], 10_200, DOUBT_MS);
  assert.deepEqual(lookedUp(watch, 10_233), [3]);
  watch.sample([connection(1, 2), connection(2, 3), connection(3, 1)], 10_400, DOUBT_MS);
  assert.equal(watch.isWatching, false);
});

test('ConnectionWatch looks up no connection whose handle is not known, as after a list from /proc', () => {
  const watch = new ConnectionWatch();
  watch.sample([connection(1, 1)], 0, DOUBT_MS);
  watch.sample([{ ...connection(1, 3), handle: undefined }], 198, DOUBT_MS);
  assert.equal(watch.isWatching, false);
});
