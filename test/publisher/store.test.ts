/** What the store knows, and which Services a change concerns. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSlice, type Slice } from '../../lib/publisher/slice.ts';
import { type Key, Store } from '../../lib/publisher/store.ts';
import { takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import { isServing } from '../../lib/publisher/verdict.ts';
import { nodeObject, type PodParts, podObject, serviceObject } from './objects.ts';
import { must } from './server.ts';

const WEB = 'shop/web';

function pod(name: string, parts: Partial<PodParts> = {}): object {
  return podObject({ name, ip: '10.1.0.1', node: 'node-0', ...parts });
}

function slice(version: string, uid = 'u-1', name = 'web-1'): Slice {
  return must(
    parseSlice({
      metadata: {
        name,
        namespace: 'shop',
        uid,
        resourceVersion: version,
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'publisher.podusher.dev',
        },
      },
      addressType: 'IPv4',
    }),
  );
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
const versionIn = (store: Store): string | undefined => {
  const [known] = store.world(WEB)?.slices ?? [];
  return known?.type === 'ours' ? known.resourceVersion : undefined;
};

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

test('Store doubts the critical-ready pods of a node that is back, until they are told of anew or to be believed', () => {
  const store = stored();
  const annotations = { 'podusher.dev/non-critical': 'statsd' };
  const containers = [
    { name: 'rails', ready: true },
    { name: 'statsd', ready: false },
  ];
  const critical = (name: string): object => pod(name, { annotations, containers });
  for (const object of [critical('a'), critical('b'), pod('c')]) dirtyBy(store, object);
  const serving = (): string => {
    const { pods = [], nodes = new Map() } = store.world(WEB) ?? {};
    const all = [...pods].filter(({ verdict, nodeName }) => isServing(verdict, nodes.get(nodeName ?? '')));
    return all
      .map(({ name }) => name)
      .sort()
      .join();
  };
  takeObject(store, 'nodes', nodeObject('node-0', 'z', 'True'));
  assert.equal(serving(), 'a,b,c', 'a node that is new to us was not lost');
  assert.equal(takeObject(store, 'nodes', nodeObject('node-0', 'z', 'False'))?.isBack, false);
  const back = takeObject(store, 'nodes', nodeObject('node-0', 'z', 'True'));
  assert.deepEqual([back?.isBack, back?.dirty, serving()], [true, [WEB], 'c']);
  assert.equal(takeObject(store, 'nodes', nodeObject('node-0', 'z', 'True'))?.isBack, false);
  assert.deepEqual(dirtyBy(store, critical('a')), [WEB]);
  assert.equal(serving(), 'a,c');
  assert.deepEqual([store.believe('node-0'), serving()], [[WEB], 'a,b,c']);
  assert.deepEqual(store.believe('node-0'), []);
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

test('Store never goes back behind a slice that was written', () => {
  const store = stored();
  store.putSlice(slice('9'));
  store.putSlice(slice('10'));
  assert.deepEqual(store.putSlice(slice('9')), [], 'as a watch that lags tells it');
  assert.equal(versionIn(store), '10');
  assert.deepEqual(store.putSlice(slice('10')), [], 'and then that one itself');
  assert.deepEqual(store.putSlice(slice('11')), [WEB]);
  const [known] = store.world(WEB)?.slices ?? [];
  assert.ok(known?.type === 'ours');
  store.deletedSlice(known);
  store.putSlice(slice('10'));
  assert.equal(versionIn(store), undefined, 'what was deleted does not come back');
  store.putSlice(slice('13', 'u-2'));
  assert.deepEqual(
    store.remove('endpointslices', 'shop', 'web-1', 'u-1'),
    [],
    'its end is not that of the next',
  );
  assert.equal(versionIn(store), '13');
});

test('sweep() removes what a list did not hold, but for slices that are newer than the list', () => {
  const store = stored();
  dirtyBy(store, pod('a'));
  dirtyBy(store, pod('b'));
  store.putSlice(slice('20', 'u-1', 'old'));
  store.putSlice(slice('30', 'u-2', 'new'));
  assert.deepEqual(store.sweep('pods', undefined, new Set(['shop/a']), '25'), [WEB]);
  assert.deepEqual(podsIn(store), ['a']);
  assert.deepEqual(store.sweep('pods', 'auth', new Set(), '25'), [], 'the list of another namespace');
  assert.deepEqual(store.sweep('endpointslices', undefined, new Set(), '25'), [WEB]);
  assert.deepEqual(
    store.world(WEB)?.slices.map(({ name }) => name),
    ['new'],
  );
  assert.deepEqual(store.sweep('services', 'shop', new Set(), '25'), [WEB]);
  assert.equal(store.world(WEB), undefined);
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
