import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LastLook, serverEnds } from '../../lib/connections/scope.ts';
import { type Socket } from '../../lib/connections/socket.ts';
import { scopeLike, socketLike } from './sockets.ts';

const listener = socketLike({ state: 'listen', remote: { address: '0.0.0.0', port: 0 } });
const [early, late, client] = [1, 2, 3].map(i => socketLike({ remote: { address: '10.0.0.9', port: i } }));

/** What each look takes for accepted, as the peers' ports. */
function accepted(...looks: readonly (readonly (Socket | undefined)[])[]): number[][] {
  const scope = scopeLike();
  let last: LastLook | undefined;
  return looks.map(look => {
    const sockets = look.filter(socket => socket !== undefined);
    const ends = serverEnds(scope, sockets, last);
    const listening = sockets.includes(listener) ? [listener.local.port] : [];
    last = { listening: new Set(listening), ends: new Map(ends.map(end => [end.name, true])) };
    return ends.map(({ remote }) => remote.port);
  });
}

test('serverEnds() takes what was accepted, as long as it is there, and no client that has the port afterwards', () => {
  const looks = accepted(
    [listener, early],
    [early, late], // accepted just before the listener was closed
    [early, late, client],
    [late, client],
    [client, listener],
  );
  assert.deepEqual(looks, [[1], [1, 2], [1, 2], [2], [3]]);
});

test('serverEnds() takes all for accepted at the first look, which cannot know', () => {
  assert.deepEqual(accepted([client], [client]), [[3], [3]]);
});
