/** The promises of a reconciler, over arbitrary histories with critical and non-critical containers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Write } from '../../lib/publisher/write.ts';
import { Cluster, type Happening } from './cluster.ts';
import { expectedOf } from './expected.ts';
import { history } from './history.ts';
import { publishedBy } from './said.ts';
import { Server, startPublished } from './server.ts';

function sizesOf(server: Server): number[] {
  return server.parsedSlices().map(slice => (slice.type === 'ours' ? slice.endpoints.length : 0));
}

test('reconcile() publishes every pod exactly once for each family, as its critical containers are', () => {
  fc.assert(
    fc.property(history, steps => {
      const cluster = new Cluster(true);
      const server = new Server();
      server.take(cluster.first());
      for (const happenings of [[], ...steps]) {
        server.take(cluster.apply(happenings));
        const names = new Set(server.slices.keys());
        const { writes } = server.reconcile();
        assert.deepEqual(publishedBy([...server.slices.values()]), expectedOf(cluster));
        assert.ok(Math.max(0, ...sizesOf(server)) <= 100, 'no slice is too large');
        for (const name of server.slices.keys()) names.add(name);
        assert.equal(
          new Set(writes.map(({ name }) => name)).size,
          writes.length,
          'no slice is written twice',
        );
        assert.ok(writes.length <= names.size, 'none is created to be deleted');
        assert.deepEqual(server.plan().writes, [], 'at rest nothing is written');
        assert.ok(
          sizesOf(server).every(size => size > 0) || server.slices.size <= 2,
          'none is empty but alone',
        );
      }
    }),
    { numRuns: 100 },
  );
});

/** The addresses that are ready in some slice. */
function trafficOf(server: Server): Set<string> {
  return new Set(
    publishedBy([...server.slices.values()]).flatMap(line => (/^(\S+ \S+) true/.exec(line) ?? []).slice(1)),
  );
}

test('reconcile() says of each write whether it takes an endpoint out', () => {
  fc.assert(
    fc.property(history, steps => {
      const { cluster, server } = startPublished();
      for (const happenings of steps) {
        server.take(cluster.apply(happenings));
        const { writes } = server.plan();
        for (const write of writes) {
          const before = trafficOf(server);
          server.write(write);
          const lost = [...before].filter(address => !trafficOf(server).has(address));
          assert.ok(write.takesOut || lost.length === 0, JSON.stringify(lost));
        }
      }
    }),
    { numRuns: 40 },
  );
});

const adds = ({ after }: Write, address: string): boolean =>
  after.some(({ addresses }) => addresses.includes(address.split(' ').at(-1) ?? ''));

const isOfPorts = (happening: Happening): boolean =>
  happening.type === 'service' && happening.edit.ports !== undefined;

test('reconcile() has no endpoint that stays missing between two writes', () => {
  fc.assert(
    fc.property(history, steps => {
      const { cluster, server } = startPublished();
      for (const happenings of steps) {
        server.take(cluster.apply(happenings));
        const before = trafficOf(server);
        const { writes } = server.plan();
        const states = writes.map(write => {
          server.write(write);
          return trafficOf(server);
        });
        const staying = [...before].filter(address => states.at(-1)?.has(address) === true);
        for (const [index, state] of states.entries()) {
          const missing = staying.filter(address => !state.has(address));
          // Two slices that exchange endpoints: what brings this one takes another out.
          const adding = writes.slice(index + 1).filter(write => !write.takesOut);
          const late = missing.filter(address => adding.some(write => adds(write, address)));
          assert.deepEqual(late, [], `after write ${index + 1} of ${states.length}`);
          assert.ok(missing.length === 0 || happenings.some(isOfPorts), 'ports were edited');
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('reconcile() of two publishers that both believe they lead collides, and doubles nothing', () => {
  const turns = fc.array(fc.boolean(), { minLength: 20, maxLength: 20 });
  const counts = { done: 0, conflict: 0 };
  fc.assert(
    fc.property(history, turns, fc.boolean(), (steps, order, isSecondBehind) => {
      const cluster = new Cluster(true);
      const server = new Server();
      // Its slices are those of a step ago.
      const second = new Server();
      for (const one of [server, second]) one.take(cluster.first());
      for (const happenings of steps) {
        const told = cluster.apply(happenings);
        for (const one of [server, second]) one.take(told);
        const writes = [...server.plan().writes];
        const others = [...(isSecondBehind ? second.plan() : server.plan()).writes];
        second.slices.clear();
        for (const [name, slice] of server.slices) second.slices.set(name, slice);
        for (const isFirst of [...order, ...writes.map(() => true), ...others.map(() => false)]) {
          const next = (isFirst ? writes : others).shift();
          if (next !== undefined) counts[server.write(next)]++;
        }
        if (isSecondBehind) server.reconcile();
        assert.deepEqual(publishedBy([...server.slices.values()]), expectedOf(cluster));
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(counts.done > 100 && counts.conflict > 100, JSON.stringify(counts));
});
