import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGauges, type FetchGauge } from '../../agent/sidecar/sockets/gauges.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import { containerLike } from '../connections/sockets.ts';

const url = { scheme: 'http', host: undefined, port: 9293, path: '/stats' } as const;
const puma = containerLike({ inFlight: { type: 'json', url, pointer: '/running' } });

/** Gauges whose answers and clock the test has in hand. */
function gaugesBy(fetchGauge: FetchGauge) {
  const time = { now: 1000 };
  return { time, gauges: createGauges(fetchGauge, () => time.now) };
}

/** Until what was answered has been read. */
async function settled(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}

test('createGauges() tells the last value, as of when it was asked, and since when it was above zero', async () => {
  let answer: Parsed<string> = parsed('{"running":2}');
  const { gauges, time } = gaugesBy(() => Promise.resolve(answer));
  const ask = async (now: number): Promise<unknown> => {
    time.now = now;
    gauges.ask([puma]);
    await settled();
    return gauges.readings.get('rails');
  };
  assert.deepEqual(await ask(1000), { type: 'value', at: 1000, value: 2, busySince: 1000 });
  assert.deepEqual(await ask(1099), { type: 'value', at: 1000, value: 2, busySince: 1000 }, 'not due yet');
  assert.deepEqual(await ask(1100), { type: 'value', at: 1100, value: 2, busySince: 1000 });
  answer = unparsed('HTTP 500');
  assert.deepEqual(await ask(1200), { type: 'problem', problem: 'HTTP 500' });
  answer = parsed('{"running":1}');
  assert.deepEqual(await ask(1500), { type: 'value', at: 1500, value: 1, busySince: 1000 });
  answer = parsed('{"running":0}');
  assert.deepEqual(await ask(1600), { type: 'value', at: 1600, value: 0, busySince: undefined });
  answer = parsed('nonsense');
  assert.deepEqual(await ask(1700), { type: 'problem', problem: 'The answer is not JSON' });
});

function long(mib: number): Parsed<string> {
  return parsed(`{"running":2}${' '.repeat(mib * 1024 * 1024 - 13)}`);
}

test('createGauges() asks less often when answers are long or fail, and within 256 ms all the same', async () => {
  const table: readonly (readonly [string, () => Promise<Parsed<string>>, number])[] = [
    ['short', () => Promise.resolve(parsed('{"running":2}')), 100],
    ['a quarter of a MiB', () => Promise.resolve(long(0.25)), 100],
    ['half a MiB', () => Promise.resolve(long(0.5)), 128],
    ['as long as it may be', () => Promise.resolve(long(1)), 256],
    ['too long', () => Promise.resolve(unparsed('It answered more than 1048576 bytes')), 256],
    ['nothing', () => Promise.reject(new Error('connect ECONNREFUSED')), 256],
  ];
  for (const [what, answer, everyMs] of table) {
    const askedAt: number[] = [];
    const { gauges, time } = gaugesBy(() => {
      askedAt.push(time.now);
      return answer();
    });
    for (; time.now <= 1600; time.now += 1) {
      gauges.ask([puma]);
      if (askedAt.at(-1) === time.now) await settled();
    }
    const [first = 0, second = 0, third = 0] = askedAt;
    assert.deepEqual([second - first, third - second], [everyMs, everyMs], what);
  }
});

test('createGauges() asks one thing at a time, when a gauge does not answer', async () => {
  let asked = 0;
  const { gauges, time } = gaugesBy(() => {
    asked++;
    return new Promise(() => undefined);
  });
  for (let i = 0; i < 50; i++) {
    gauges.ask([puma]);
    time.now += 100;
    await settled();
  }
  assert.equal(asked, 1);
  assert.equal(gauges.readings.size, 0);
});

test('createGauges() tells a problem when the request throws', async () => {
  const { gauges } = gaugesBy(() => Promise.reject(new Error('connect ECONNREFUSED')));
  gauges.ask([puma]);
  await settled();
  assert.deepEqual(gauges.readings.get('rails'), { type: 'problem', problem: 'connect ECONNREFUSED' });
});

test('createGauges() forgets what a gauge said, when the settings name another or none', async () => {
  const { gauges, time } = gaugesBy(() => Promise.resolve(parsed('{"running":2}')));
  gauges.ask([puma]);
  await settled();
  assert.equal(gauges.readings.size, 1);
  time.now += 10;
  const other = { ...puma, inFlight: { type: 'json', url, pointer: '/other' } } as const;
  gauges.ask([other]);
  assert.equal(gauges.readings.size, 0);
  await settled();
  assert.equal(gauges.readings.get('rails')?.type, 'problem');
  gauges.ask([containerLike()]);
  assert.equal(gauges.readings.size, 0);
});
