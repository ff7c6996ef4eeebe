import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLeader, type LeaderParts } from '../../agent/publisher/leader.ts';
import { now, until } from '../agent/until.ts';

/** Whoever may lead, and tells nobody anything. */
const FIRST: Omit<LeaderParts, 'client'> = {
  lease: { name: 'publisher', namespace: 'shop' },
  host: 'first',
  now,
  mayLead: () => true,
  changed: () => {},
  returned: () => {},
  refused: () => {},
};

test('createLeader() tells once of a Lease that it cannot read, and asks for none before it is told to', async context => {
  const reasons: string[] = [];
  let asked = 0;
  const leader = createLeader({
    ...FIRST,
    client: {
      ask: () => Promise.resolve({ ok: true, body: `{"metadata":{"name":"${asked++}"}}` }),
      stream: () => Promise.resolve(undefined),
      close: () => {},
    },
    refused: reason => void reasons.push(reason),
  });
  context.after(() => leader.resign());
  assert.equal(asked, 0);
  leader.takePart();
  await until('three looks', () => asked >= 3 || undefined);
  assert.equal(reasons.length, 1);
  assert.match(reasons.join(), /^Not a Lease: /);
});

test('createLeader() tells for how long nothing was answered, once it is, and nothing of what is answered', async context => {
  const returns: number[] = [];
  let [asked, later] = [0, 0];
  const leader = createLeader({
    ...FIRST,
    client: {
      ask() {
        asked++;
        later += 1000;
        const isAway = asked === 2 || asked === 3;
        return Promise.resolve({
          ok: false,
          failure: isAway ? { reason: 'Cannot be reached' } : { reason: 'HTTP 403', code: 403 },
        });
      },
      stream: () => Promise.resolve(undefined),
      close: () => {},
    },
    now: () => now() + later,
    returned: awayMs => void returns.push(awayMs),
  });
  context.after(() => leader.resign());
  leader.takePart();
  await until('six looks', () => asked >= 6 || undefined);
  assert.equal(returns.length, 1);
  assert.ok((returns[0] ?? 0) >= 2000, returns.join());
});

test('createLeader() tells once of a Lease that it may read and not write, and again after a good minute', async context => {
  const reasons: string[] = [];
  let [refusals, looks, later] = [0, 0, 0];
  const leader = createLeader({
    ...FIRST,
    client: {
      ask({ body }) {
        const code = body === undefined ? 404 : 403;
        if (code === 404) looks++;
        else refusals++;
        return Promise.resolve({ ok: false, failure: { reason: `HTTP ${code}`, code } });
      },
      stream: () => Promise.resolve(undefined),
      close: () => {},
    },
    now: () => now() + later,
    refused: reason => void reasons.push(reason),
  });
  context.after(() => leader.resign());
  leader.takePart();
  await until('three refusals', () => refusals >= 3 || undefined);
  assert.deepEqual([reasons, looks >= 3], [['HTTP 403'], true]);
  later = 60_000;
  await until('two more', () => refusals >= 5 || undefined);
  assert.deepEqual(reasons, ['HTTP 403', 'HTTP 403']);
});

test('createLeader() claims no Lease while it may not lead, and lets the one that it has run out', async context => {
  let mayLead = false;
  let lease: Record<string, unknown> | undefined;
  let version = 1;
  const changes: boolean[] = [];
  const leader = createLeader({
    ...FIRST,
    client: {
      ask({ body }) {
        if (body !== undefined) {
          const { metadata, ...rest } = Object(body);
          lease = { ...rest, metadata: { ...metadata, resourceVersion: String(version++) } };
        }
        if (lease !== undefined) return Promise.resolve({ ok: true, body: JSON.stringify(lease) });
        return Promise.resolve({ ok: false, failure: { reason: 'none', code: 404 } });
      },
      stream: () => Promise.resolve(undefined),
      close: () => {},
    },
    mayLead: () => mayLead,
    changed: isLeading => void changes.push(isLeading),
  });
  context.after(() => leader.resign());
  leader.takePart();
  await sleep(1200);
  assert.equal(lease, undefined, 'though nobody has it');
  mayLead = true;
  await until('the lead', () => changes.length === 1 || undefined);
  mayLead = false;
  await until('its end', () => changes.length === 2 || undefined, 15_000);
  mayLead = true;
  await until('the lead again', () => changes.length === 3 || undefined, 15_000);
  assert.deepEqual(changes, [true, false, true]);
});
