/** What the store knows, and which Services a change concerns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Namespace } from '../../lib/publisher/namespace.ts';
import { type Key, Store } from '../../lib/publisher/store.ts';
import { takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import { isServing } from '../../lib/publisher/verdict.ts';
import { nodeObject, type PodParts, podObject, serviceObject } from './objects.ts';

const WEB = 'shop/web';
/** A list, for what is not asked when it was. */
const LISTED = { asked: 0, version: '25' };

function pod(name: string, parts: Partial<PodParts> = {}): object {
  return podObject({ name, ip: '10.1.0.1', node: 'node-0', ...parts });
}

/** @returns a store with the Service `web`. */
function stored(selector?: string): Store {
  const store = new Store();
  takeObject(store, 'services', serviceObject(selector === undefined ? {} : { selector }));
  return store;
}

const dirtyBy = (store: Store, object: object): readonly Key[] =>
  takeObject(store, 'pods', object)?.dirty ?? [];
const podsIn = (store: Store): string[] => [...(store.world(WEB)?.pods ?? [])].map(({ name }) => name);

test('Store tells of a pod that joins, changes, leaves by its labels, and goes', () => {
  const store = stored();
  assert.deepEqual(dirtyBy(store, pod('a')), [WEB]);
  assert.deepEqual(podsIn(store), ['a']);
  assert.deepEqual(dirtyBy(store, pod('a')), [], 'told again, it is no news');
  assert.deepEqual(
    dirtyBy(store, pod('a', { ready: false, containers: [{ name: 'rails', ready: false }] })),
    [WEB],
  );
  assert.deepEqual(dirtyBy(store, pod('a', { labels: { app: 'other' } })), [WEB], 'the one that it was of');
  assert.deepEqual(podsIn(store), []);
  assert.deepEqual(dirtyBy(store, pod('a')), [WEB]);
  assert.deepEqual(takeRemoval(store, 'pods', pod('a'))?.dirty, [WEB]);
  assert.deepEqual(podsIn(store), []);
});

const NON_CRITICAL = { 'podusher.dev/non-critical': 'statsd' };

/** Its statsd is down, and is not critical. */
function critical(name: string, restarts = 0, labels: Readonly<Record<string, string>> = {}): object {
  return pod(name, {
    annotations: NON_CRITICAL,
    labels: { app: 'web', ...labels },
    containers: [
      { name: 'rails', ready: true },
      { name: 'statsd', ready: false, restarts },
    ],
  });
}

/** The pods that serve. */
function serving(store: Store): string {
  const { pods = [], nodes = new Map() } = store.world(WEB) ?? {};
  const all = [...pods].filter(({ verdict, nodeName }) => isServing(verdict, nodes.get(nodeName ?? '')));
  return all
    .map(({ name }) => name)
    .sort()
    .join();
}

const tellNode = (store: Store, ready: 'True' | 'False' | 'Unknown'): ReturnType<typeof takeObject> =>
  takeObject(store, 'nodes', nodeObject('node-0', 'z', ready));

test('Store doubts the critical-ready pods of a node that is back, until their kubelet tells anew or they are believed', () => {
  const store = stored();
  for (const object of [critical('a'), critical('b'), pod('c')]) dirtyBy(store, object);
  tellNode(store, 'True');
  assert.equal(serving(store), 'a,b,c', 'a node that is new to us was not lost');
  assert.equal(tellNode(store, 'False')?.isBack, false);
  const back = tellNode(store, 'True');
  assert.deepEqual([back?.isBack, back?.dirty, serving(store)], [true, [WEB], 'c']);
  assert.equal(tellNode(store, 'True')?.isBack, false);
  dirtyBy(store, critical('a', 0, { team: 'other' }));
  dirtyBy(store, critical('b'));
  assert.equal(serving(store), 'c', 'a label that changes, and a list, are not its kubelet');
  assert.deepEqual(dirtyBy(store, critical('a', 1, { team: 'other' })), [WEB]);
  assert.equal(serving(store), 'a,c');
  assert.deepEqual([store.believe('node-0'), serving(store)], [[WEB], 'a,b,c']);
  assert.deepEqual(store.believe('node-0'), []);
});

test('Store takes a pod that was made anew on a node that is back for told by its kubelet', () => {
  const store = stored();
  dirtyBy(store, critical('a'));
  for (const ready of ['True', 'False', 'True'] as const) tellNode(store, ready);
  assert.equal(serving(store), '');
  dirtyBy(store, { ...Object(critical('a')), metadata: { ...Object(critical('a')).metadata, uid: 'next' } });
  assert.equal(serving(store), 'a');
});

test('Store reconciles nothing for a Node that is deleted, and takes one that is registered anew for one that is back', () => {
  const store = stored();
  for (const object of [critical('a'), pod('c')]) dirtyBy(store, object);
  tellNode(store, 'True');
  assert.deepEqual(takeRemoval(store, 'nodes', nodeObject('node-0', 'z', 'True'))?.dirty, []);
  assert.equal(store.world(WEB)?.nodes.size, 0, 'the next that happens to the Service leaves its pods out');
  const back = tellNode(store, 'True');
  assert.deepEqual([back?.isBack, back?.dirty, serving(store)], [true, [WEB], 'c']);
  store.believe('node-0');
  assert.equal(serving(store), 'a,c');
});

test('Store takes a Node of another uid for one that is back, though nobody told of the end of the one before', () => {
  const store = stored();
  for (const object of [critical('a'), pod('c')]) dirtyBy(store, object);
  tellNode(store, 'True');
  const node = Object(nodeObject('node-0', 'z', 'True'));
  const back = takeObject(store, 'nodes', { ...node, metadata: { ...node.metadata, uid: 'next' } });
  assert.deepEqual([back?.isBack, back?.dirty, serving(store)], [true, [WEB], 'c']);
});

test('Store reconciles nothing for the nodes that a list does not hold', () => {
  const store = stored();
  dirtyBy(store, pod('c'));
  tellNode(store, 'True');
  assert.deepEqual(store.sweep('nodes', undefined, new Set(), LISTED), []);
  assert.equal(store.world(WEB)?.nodes.size, 0);
});

test('takeObject() leaves a Service as it was when it cannot be read any more, and says so', () => {
  const store = stored();
  const service = Object(serviceObject());
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l${index}`, 'x']));
  const told = takeObject(store, 'services', { ...service, metadata: { ...service.metadata, labels } });
  assert.deepEqual(told?.dirty, [WEB]);
  const known = store.world(WEB)?.service;
  assert.equal(known?.claim.type, 'selected');
  assert.match(known.problems.join(), /published as it was before, for it cannot be read: .* labels/);
  takeObject(store, 'services', service);
  assert.deepEqual(store.world(WEB)?.service.problems, []);
});

test('Store gives a Service the pods that were told of before it, and those of its next selector', () => {
  const store = new Store();
  dirtyBy(store, pod('a'));
  dirtyBy(store, pod('b', { labels: { app: 'other' } }));
  for (const [selector, names] of [
    ['app=web', ['a']],
    ['app in (web,other)', ['a', 'b']],
    ['app!=web', ['b']],
    ['app=none', []],
  ] as const) {
    takeObject(store, 'services', serviceObject({ selector }));
    assert.deepEqual(podsIn(store), names, selector);
  }
});

test('Store tells of a node that is lost to the Services with pods on it, and of nothing else of it', () => {
  const store = stored();
  dirtyBy(store, pod('a'));
  const node = (name: string, ready: 'True' | 'Unknown'): readonly Key[] =>
    takeObject(store, 'nodes', nodeObject(name, 'zone-0', ready))?.dirty ?? [];
  assert.deepEqual(node('node-0', 'True'), [WEB]);
  assert.deepEqual(node('node-0', 'True'), []);
  assert.deepEqual(node('node-0', 'Unknown'), [WEB]);
  assert.deepEqual(node('node-1', 'True'), []);
});

test('sweep() removes what a list did not hold', () => {
  const store = stored();
  dirtyBy(store, pod('a'));
  dirtyBy(store, pod('b'));
  assert.deepEqual(store.sweep('pods', undefined, new Set(['shop/a']), LISTED), [WEB]);
  assert.deepEqual(podsIn(store), ['a']);
  assert.deepEqual(store.sweep('pods', 'auth', new Set(), LISTED), [], 'the list of another namespace');
  assert.deepEqual(store.sweep('services', 'shop', new Set(), LISTED), [WEB]);
  assert.equal(store.world(WEB), undefined);
});

test('reserve() keeps nothing of a Service that has gone', () => {
  const store = stored();
  takeRemoval(store, 'services', serviceObject());
  store.reserve(WEB, 'web-1');
  takeObject(store, 'services', serviceObject());
  assert.deepEqual(store.world(WEB)?.taken, new Set());
  store.reserve(WEB, 'web-1');
  assert.deepEqual(store.world(WEB)?.taken, new Set(['web-1']));
});

test('takeObject() leaves out a pod that it cannot read any more, and keeps a Service as it was', () => {
  const store = stored();
  dirtyBy(store, pod('a'));
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l-${index}`, '']));
  const told = takeObject(store, 'pods', pod('a', { labels }));
  assert.match(told?.problem ?? '', /Not a Pod: metadata.labels/);
  assert.deepEqual(told?.dirty, [WEB]);
  assert.deepEqual(podsIn(store), []);
  const service = takeObject(store, 'services', serviceObject({ labels }));
  assert.match(service?.problem ?? '', /Not a Service/);
  assert.ok(store.world(WEB));
  assert.equal(takeObject(store, 'pods', { metadata: {} }), undefined);
});

test('Store asks no more of a Service that cannot be followed than the pods in its slices', () => {
  const store = stored('app in');
  assert.deepEqual(dirtyBy(store, pod('a')), [WEB], 'it may be one of them');
  assert.deepEqual(podsIn(store), []);
});

test('Store has no Service of a namespace that is withheld, and tells of all when it is released', () => {
  const store = new Store();
  store.withhold('shop');
  takeObject(store, 'services', serviceObject());
  takeObject(store, 'pods', pod('a'));
  assert.deepEqual([store.world(WEB), store.services()], [undefined, []]);
  const { pods, services, published } = store.counts;
  assert.deepEqual([pods, services, published], [1, 1, 0]);
  assert.deepEqual(store.release('shop'), [WEB]);
  assert.deepEqual([podsIn(store), store.services(), store.counts.published], [['a'], [WEB], 1]);
  assert.deepEqual(store.release('shop'), [], 'once');
});

const SLICE = {
  metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
};

test('Store forgets a namespace of which nothing is left, whatever goes last', context => {
  const store = new Store();
  const { mock } = context.mock.method(Namespace.prototype, 'onNode');
  let isReady = false;
  /** @returns how many namespaces are looked through where a node changes. */
  function namespaces(): number {
    mock.resetCalls();
    isReady = !isReady;
    tellNode(store, isReady ? 'True' : 'False');
    return mock.callCount();
  }
  const all = { pods: pod('a'), services: serviceObject(), endpointslices: SLICE } as const;
  const kinds = ['pods', 'services', 'endpointslices'] as const;
  for (const last of kinds) {
    for (const kind of kinds) takeObject(store, kind, all[kind]);
    for (const kind of kinds) if (kind !== last) takeRemoval(store, kind, all[kind]);
    assert.equal(namespaces(), 1, `but for ${last}`);
    store.sweep(last, undefined, new Set(), { ...LISTED, asked: store.moment });
    assert.equal(namespaces(), 0, last);
  }
  dirtyBy(store, pod('a'));
  takeObject(store, 'services', serviceObject());
  assert.deepEqual(podsIn(store), ['a']);
});
