import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchListening } from '../../agent/sidecar/sockets/listening.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';

test('watchListening() tells the ports each second; and once, as long as it is the same, why they cannot be read', t => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const [denied, full] = ['/proc/net/tcp cannot be read: EACCES', '/proc/net/tcp cannot be read: EMFILE'];
  const readings: Parsed<ReadonlySet<number>>[] = [
    parsed(new Set([3000])),
    unparsed(denied),
    unparsed(denied),
    unparsed(full),
    parsed(new Set([4000])),
    unparsed(denied),
  ];
  const told: unknown[] = [];
  const end = watchListening(
    { ports: ports => void told.push(...ports), problem: problem => void told.push(problem) },
    () => readings.shift() ?? assert.fail('It reads more often than each second'),
  );
  t.after(end);
  t.mock.timers.tick(5000);
  assert.deepEqual(told, [3000, denied, full, undefined, 4000, denied]);
  end();
  t.mock.timers.tick(5000);
});
