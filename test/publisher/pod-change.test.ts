import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePod } from '../../lib/publisher/pod.ts';
import { isNews } from '../../lib/publisher/pod-change.ts';
import { history } from './history.ts';
import { type ContainerParts, type PodParts, podObject } from './objects.ts';
import { must, startPublished } from './server.ts';

function containers(rails: boolean, statsd: boolean, containerPort = 8080): readonly ContainerParts[] {
  return [
    { name: 'rails', ready: rails, ports: [{ name: 'http', containerPort }] },
    { name: 'statsd', ready: statsd },
  ];
}

const POD: PodParts = {
  name: 'web-0',
  ip: '10.1.0.1',
  node: 'node-0',
  annotations: { 'podusher.dev/non-critical': 'statsd' },
  containers: containers(true, false),
};

const CHANGES: readonly [title: string, change: Partial<PodParts>, expected: boolean][] = [
  ['nothing changes', {}, false],
  ['an annotation of others changes', { annotations: { ...POD.annotations, 'example.com/x': 'y' } }, false],
  ['the reason of its condition changes', { reason: 'Other' }, false],
  ['rails is no longer ready', { containers: containers(false, false) }, true],
  [
    'statsd is ready again: it would go on serving on a lost node',
    { containers: containers(true, true) },
    true,
  ],
  ['it terminates', { isTerminating: true }, true],
  ['it has ended', { phase: 'Failed' }, true],
  ['it has another address', { ip: '10.1.0.2' }, true],
  ['it was made anew', { uid: 'another' }, true],
  ['it was scheduled elsewhere', { node: 'node-1' }, true],
  ['a label is new', { labels: { app: 'web', new: 'x' } }, true],
  ['a label is another', { labels: { app: 'other' } }, true],
  ['a port is another', { containers: containers(true, false, 8081) }, true],
  ['its hostname is another', { hostname: 'web-0' }, true],
  ['its annotation is bad', { annotations: { 'podusher.dev/non-critical': 'statsd,statd' } }, true],
];

for (const [title, change, expected] of CHANGES) {
  test(`isNews() is ${expected} when ${title}`, () => {
    const [before, after] = [POD, { ...POD, ...change }].map(parts => must(parsePod(podObject(parts))));
    assert.ok(before && after);
    assert.equal(isNews(before, after), expected);
  });
}

test('isNews() is true wherever reconcile() has something to write', () => {
  const counts = { news: 0, none: 0 };
  fc.assert(
    fc.property(history, steps => {
      const { cluster, server } = startPublished();
      for (const happenings of steps) {
        const told = cluster.apply(happenings);
        const before = new Map(server.pods);
        server.take(told);
        const others =
          told.nodes.length + told.services.length + told.removedPods.length + told.removedNodes.length;
        const news = [...server.pods.values()].some(pod => {
          const old = before.get(pod.name);
          return old === undefined || isNews(old, pod);
        });
        counts[news ? 'news' : 'none']++;
        const { writes } = server.reconcile();
        assert.ok(news || others > 0 || writes.length === 0);
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(counts.news > 10 && counts.none > 10, JSON.stringify(counts));
});
