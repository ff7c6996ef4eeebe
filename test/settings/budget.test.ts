import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { budget } from '../../lib/settings/budget.ts';
import { parseDuration } from '../../lib/settings/duration.ts';
import { fitProblems } from '../../lib/settings/fit.ts';
import { type GraphNode, orderedGraph } from './graphs.ts';

const node = (name: string, stopTimeoutMs: number, ...dependsOn: string[]): GraphNode => ({
  name,
  stopTimeoutMs,
  dependsOn,
});

/** The longest way from a container down its dependencies, by trying all of them. */
function longestChainMs(nodes: readonly GraphNode[], from: GraphNode): number {
  const below = nodes.filter(({ name }) => from.dependsOn.includes(name));
  return from.stopTimeoutMs + Math.max(0, ...below.map(other => longestChainMs(nodes, other)));
}

test('budget() keeps each container its time before the end of the grace period or of what must outlive it', () => {
  const containers = [
    node('rails', 10_000, 'auth', 'log'),
    node('auth', 5000),
    node('log', 1000, 'auth'),
    node('x', 0),
  ];
  const { releaseByMs, drainMaxMs } = budget({ gracePeriodMs: 30_000, drainMaxMs: undefined, containers });
  assert.deepEqual(Object.fromEntries(releaseByMs), { rails: 14_000, auth: 25_000, log: 24_000, x: 30_000 });
  assert.equal(drainMaxMs, 14_000);
  assert.equal(budget({ gracePeriodMs: 30_000, drainMaxMs: 7000, containers }).drainMaxMs, 7000);
  assert.equal(budget({ gracePeriodMs: 30_000, drainMaxMs: 20_000, containers }).drainMaxMs, 14_000);
});

test('budget() gives the drain the whole grace period when there are no containers', () => {
  const { releaseByMs, drainMaxMs } = budget({ gracePeriodMs: 3000, drainMaxMs: undefined, containers: [] });
  assert.deepEqual([releaseByMs.size, drainMaxMs], [0, 3000]);
});

test('budget() counts back the longest chain of stop-timeouts, whatever the dependencies', () => {
  fc.assert(
    fc.property(orderedGraph, fc.integer({ min: 1000, max: 60_000 }), (containers, gracePeriodMs) => {
      const { releaseByMs, drainMaxMs } = budget({ gracePeriodMs, drainMaxMs: undefined, containers });
      for (const container of containers) {
        const releaseMs = releaseByMs.get(container.name);
        assert.equal(releaseMs, gracePeriodMs - longestChainMs(containers, container));
      }
      assert.equal(drainMaxMs, Math.min(...releaseByMs.values()));
    }),
  );
});

const pod = {
  gracePeriodMs: 30_000,
  drainMinMs: 5000,
  drainMaxMs: undefined,
  containers: [node('rails', 25_000, 'auth'), node('auth', 5000)],
};
const messages = (over: object) => fitProblems({ ...pod, ...over }).map(({ message }) => message);

test('fitProblems() names the arithmetic and what to do when the drain gets too little', () => {
  assert.deepEqual(messages({}), [
    'grace-period 30s − auth 5s − rails 25s leaves the drain 0s, less than drain-min 5s; shorten drain-min or a ' +
      'stop-timeout, or raise grace-period and terminationGracePeriodSeconds to 35s',
  ]);
  assert.match(messages({ gracePeriodMs: 1000 })[0] ?? '', /leaves the drain −29s, less than drain-min 5s/);
  assert.match(
    messages({ gracePeriodMs: 8000, containers: [] })[0] ?? '',
    /^grace-period 8s − stop-timeout 5s leaves/,
  );
});

test('fitProblems() names drain-max when it is more than is left, or less than drain-min', () => {
  const containers = [node('rails', 5000)];
  assert.deepEqual(messages({ containers, drainMaxMs: 25_000 }), []);
  assert.match(
    messages({ containers, drainMaxMs: 25_001 })[0] ?? '',
    /leaves the drain 25s, less than drain-max 25\.001s/,
  );
  assert.match(
    messages({ containers, drainMaxMs: 4000 })[0] ?? '',
    /^drain-max 4s is less than drain-min 5s;/,
  );
});

test('fitProblems() is content exactly when drain-min fits, and with the grace period that it asks for', () => {
  const durations = [fc.integer({ min: 1000, max: 90_000 }), fc.integer({ min: 0, max: 20_000 })] as const;
  fc.assert(
    fc.property(orderedGraph, ...durations, (containers, gracePeriodMs, drainMinMs) => {
      const over = { containers, gracePeriodMs, drainMinMs };
      const [message, ...others] = messages(over);
      const longestMs = Math.max(...containers.map(container => longestChainMs(containers, container)));
      assert.equal(message === undefined, gracePeriodMs - longestMs >= drainMinMs);
      assert.deepEqual(others, []);
      if (message === undefined) return;
      const asked = parseDuration(/to ([^ ]+)$/.exec(message)?.[1] ?? '', { minMs: 0, maxMs: 1e9 });
      assert.ok(asked.ok && asked.value > gracePeriodMs);
      assert.deepEqual(messages({ ...over, gracePeriodMs: asked.value }), []);
      assert.equal(messages({ ...over, gracePeriodMs: asked.value - 1 }).length, 1);
    }),
  );
});
