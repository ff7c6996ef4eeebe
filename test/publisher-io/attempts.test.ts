/** Whose writes hang, and which are given up. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Attempts, createAttempts } from '../../agent/publisher/attempts.ts';
import type { Written } from '../../agent/publisher/writer.ts';
import type { Write } from '../../lib/publisher/write.ts';

const KEY = 'shop/web';
const UNANSWERED: Written = { outcome: 'unanswered', reason: 'no answer', retryAfterMs: undefined };

const preconditions = { uid: 'uid', resourceVersion: '1' };
const ADDS: Write = {
  type: 'delete',
  name: 'web-0',
  takesOut: false,
  before: [],
  after: [],
  body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions },
};
const TAKES_OUT: Write = { ...ADDS, takesOut: true };

/** Attempts that get no answer before they are given up, by a clock of their own. */
class Bench {
  readonly attempts: Attempts;
  #now = 0;

  constructor(context: TestContext) {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    this.attempts = createAttempts(
      (_, __, signal) =>
        new Promise(resolve => signal.addEventListener('abort', () => resolve(UNANSWERED), { once: true })),
      () => this.#now,
    );
    this.wait = ms => {
      this.#now += ms;
      context.mock.timers.tick(ms);
    };
  }

  readonly wait: (ms: number) => void;
}

test('Attempts knows that a write hangs which it gives up after a second, and not of one before', async context => {
  const { attempts, wait } = new Bench(context);
  let mustGo = false;
  const slow = attempts.make(KEY, ADDS, () => mustGo);
  wait(2000);
  mustGo = true;
  attempts.changed(KEY);
  wait(250);
  assert.deepEqual(await slow, { outcome: 'abandoned' });
  assert.deepEqual([...attempts.hanging], [KEY]);
  const given = attempts.make(KEY, ADDS, () => true);
  wait(250);
  assert.deepEqual(await given, { outcome: 'abandoned' });
  assert.deepEqual([...attempts.hanging], [KEY], 'nothing is known of it that was not before');
  const other = attempts.make('shop/other', ADDS, () => true);
  wait(250);
  await other;
  assert.deepEqual([...attempts.hanging], [KEY]);
});

test('Attempts gives what has its turn a second, and after that looks as at any other', async context => {
  const { attempts, wait } = new Bench(context);
  const looks: number[] = [];
  let waited = 0;
  const made = attempts.make(KEY, ADDS, () => looks.push(waited) > 1, true);
  for (; waited < 1500; waited += 50) {
    if (waited === 100 || waited === 1200) attempts.changed(KEY);
    wait(50);
  }
  assert.deepEqual(await made, { outcome: 'abandoned' });
  assert.deepEqual(looks, [950, 1400]);
});

test('Attempts gives up nothing that takes out', async context => {
  const { attempts, wait } = new Bench(context);
  let looks = 0;
  const made = attempts.make(KEY, TAKES_OUT, () => ++looks > 0);
  attempts.changed(KEY);
  wait(900);
  assert.equal(looks, 0);
  attempts.stop();
  wait(1000);
  await made;
});

test('Attempts gives what is made at stop() a second, once, and remembers nothing of it', async context => {
  const { attempts, wait } = new Bench(context);
  const last = attempts.make(KEY, ADDS, () => true);
  attempts.stop();
  const next = attempts.make('shop/next', TAKES_OUT, () => true);
  wait(999);
  attempts.stop();
  wait(1);
  assert.deepEqual(await last, { outcome: 'abandoned' });
  assert.deepEqual([...attempts.hanging], []);
  wait(998);
  assert.equal(await Promise.race([next, Promise.resolve('still made')]), 'still made');
  wait(1);
  assert.deepEqual(await next, { outcome: 'abandoned' });
});
