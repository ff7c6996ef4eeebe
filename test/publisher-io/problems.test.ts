import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventWriter } from '../../agent/kubernetes/event-writer.ts';
import { createProblems } from '../../agent/publisher/problems.ts';
import { createLog } from '../../agent/sidecar/log.ts';
import type { EventContent } from '../../lib/kubernetes/event.ts';
import type { Problem } from '../../lib/publisher/desired.ts';
import { parseService } from '../../lib/publisher/service.ts';
import { Store } from '../../lib/publisher/store.ts';
import { serviceObject } from '../publisher/objects.ts';
import { must } from '../publisher/server.ts';

const KEY = 'shop/web';
const PROBLEM: Problem = { kind: 'Pod', name: 'web-0', message: 'odd' };

/** Events as they are told, for which there is so much room. */
function taking(room: number): { told: EventContent[]; room: number; events: EventWriter } {
  const told: EventContent[] = [];
  const taken = { told, room, events: { tell, hasRoom: true, waiting: 0, close: async () => {} } };
  Object.defineProperty(taken.events, 'hasRoom', { get: () => taken.room > 0 });
  function tell(one: EventContent): void {
    taken.room -= 1;
    told.push(one);
  }
  return taken;
}

test('problems tell by an Event whether the Service is published, and are forgotten by one who leads no more', () => {
  const store = new Store();
  const { told, events } = taking(100);
  const { log } = createLog('silent', () => {});
  const problems = createProblems({ store, events, log, now: () => 0 });
  store.putService(must(parseService(serviceObject())));
  problems.tell(KEY, [PROBLEM]);
  store.putService(must(parseService(serviceObject({ selector: 'app=(' }))));
  problems.tell(KEY, [PROBLEM, { kind: 'Service', name: 'web', message: 'no selector' }]);
  assert.deepEqual(
    told.map(({ reason, message }) => [reason, message]),
    [
      ['PublishedWithProblems', 'Pod web-0: odd'],
      ['Unpublished', 'no selector'],
    ],
  );
  assert.equal(problems.count, 2);
  problems.forget();
  assert.deepEqual([problems.count, problems.shown], [0, {}]);
  problems.tell(KEY, [PROBLEM]);
  assert.deepEqual([problems.count, told.length], [1, 2], 'it stands again, and is not told again');
});

test('problems are told later where there was no room for their Events, as long as they stand', () => {
  const store = new Store();
  const taken = taking(1);
  const { log } = createLog('silent', () => {});
  const problems = createProblems({ store, events: taken.events, log, now: () => 0 });
  const said = (): string[] => taken.told.map(({ message }) => message);
  store.putService(must(parseService(serviceObject())));
  const all = ['a', 'b', 'c'].map(name => ({ ...PROBLEM, name }));
  problems.tell(KEY, all);
  assert.deepEqual(said(), ['Pod a: odd']);
  problems.tellAgain();
  assert.equal(taken.told.length, 1, 'there is no room yet');
  taken.room = 10;
  problems.tell(KEY, all.slice(0, 2));
  problems.tellAgain();
  problems.tellAgain();
  assert.deepEqual(said(), ['Pod a: odd', 'Pod b: odd'], 'c stands no more');
});

test('problems are told again before their Events are forgotten, and not by one who leads no more', () => {
  const store = new Store();
  const taken = taking(100);
  let at = 0;
  const { log } = createLog('silent', () => {});
  const problems = createProblems({ store, events: taken.events, log, now: () => at });
  store.putService(must(parseService(serviceObject())));
  problems.tell(KEY, [PROBLEM]);
  at = 50 * 60_000;
  problems.tellAgain();
  assert.equal(taken.told.length, 1);
  at = 3_600_000;
  problems.tellAgain();
  problems.tellAgain();
  assert.equal(taken.told.length, 2);
  at = 7_200_000;
  problems.forget();
  problems.tellAgain();
  assert.equal(taken.told.length, 2, 'it is another’s to tell');
  problems.tell(KEY, [PROBLEM]);
  problems.tellAgain();
  assert.equal(taken.told.length, 3, 'it leads again');
  problems.tell(KEY, []);
  at = 10_800_000;
  problems.tellAgain();
  assert.equal(taken.told.length, 3);
});
