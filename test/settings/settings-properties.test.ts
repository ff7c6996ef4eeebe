import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { budget } from '../../lib/settings/budget.ts';
import { findCycles } from '../../lib/settings/order.ts';
import { read } from './reading.ts';

const GOOD: readonly [key: string, values: readonly string[]][] = [
  ['podusher.dev/containers', ['a,b,c', 'c,b,a', '']],
  ['podusher.dev/native-sidecars', ['', 'a', 'podusher,a', 'b,podusher,a']],
  ['podusher.dev/non-critical', ['', 'a', 'b,a']],
  ['podusher.dev/drain-min', ['0s', '3s', '20s']],
  ['podusher.dev/drain-max', ['3s', '20s']],
  ['podusher.dev/grace-period', ['10s', '1m']],
  ['depends-on.podusher.dev/a', ['', 'b', 'b,c', 'a']],
  ['depends-on.podusher.dev/b', ['c', 'a']],
  ['stop-timeout.podusher.dev/b', ['0s', '7s']],
  ['ports.podusher.dev/c', ['80', '8866']],
  ['readiness-probe.podusher.dev/c', ['tcp://:80', 'grpc://:50051']],
];
const noise = fc.string({ unit: 'binary' });
const pair = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...GOOD.flatMap(([key, values]) => values.map(value => [key, value] as const)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(...GOOD.map(([key]) => key), 'x.podusher.dev/B', 'podusher.dev/'),
      noise,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(noise, noise) },
);

test('readSettings() gives settings or problems, whatever the texts, and the settings keep their promises', () => {
  const outcomes = { good: 0, bad: 0 };
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 5 }),
      fc.constantFrom('info', 'debug', 'warn', 'loud'),
      (pairs, level) => {
        const { settings, startProblems, annotationProblems, drainMinMs } = read(Object.fromEntries(pairs), {
          'log-level': level,
        });
        assert.equal(settings === undefined, startProblems.length + annotationProblems.length > 0);
        assert.ok(drainMinMs >= 0);
        outcomes[settings === undefined ? 'bad' : 'good'] += 1;
        if (settings === undefined) return;
        const names = settings.containers.map(({ name }) => name);
        assert.equal(new Set([...names, settings.self]).size, names.length + 1);
        for (const { dependsOn, ports } of settings.containers) {
          assert.ok(dependsOn.every(other => names.includes(other)));
          assert.ok(!ports.includes(8866));
        }
        assert.deepEqual(findCycles(settings.containers), []);
        assert.ok(budget(settings).drainMaxMs >= settings.drainMinMs);
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(Math.min(outcomes.good, outcomes.bad) > 200, JSON.stringify(outcomes));
});
