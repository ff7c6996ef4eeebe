import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('problems tell by an Event whether the Service is published, and are forgotten by one who leads no more', () => {
  const store = new Store();
  const told: EventContent[] = [];
  const events = { tell: (one: EventContent) => void told.push(one), waiting: 0, close: async () => {} };
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
