/** Which of what is told of slices the store believes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSlice, type Slice } from '../../lib/publisher/slice.ts';
import { type Key, Store } from '../../lib/publisher/store.ts';
import { takeObject } from '../../lib/publisher/told.ts';
import { serviceObject } from './objects.ts';
import { must } from './server.ts';

const WEB = 'shop/web';

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
function stored(): Store {
  const store = new Store();
  takeObject(store, 'services', serviceObject());
  return store;
}

const versionIn = (store: Store): string | undefined => {
  const [known] = store.world(WEB)?.slices ?? [];
  return known?.type === 'ours' ? known.resourceVersion : undefined;
};

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

test("Store tells of somebody else's slice when it comes, is another's, and goes, and not of what is written into it", () => {
  const store = stored();
  const put = (service: string, managedBy: string): readonly Key[] =>
    store.putSlice({ type: 'foreign', name: 'web-1', namespace: 'shop', service, managedBy });
  assert.deepEqual(put('web', 'others'), [WEB]);
  assert.deepEqual(put('web', 'others'), []);
  assert.deepEqual(put('web', 'more'), [WEB]);
  assert.deepEqual(put('auth', 'more'), [WEB, 'shop/auth']);
  assert.deepEqual(store.remove('endpointslices', 'shop', 'web-1'), ['shop/auth']);
});

test('Store believes an answer that is older than what was known when it was asked for, and not what was told since', () => {
  const store = stored();
  store.putSlice(slice('20'));
  const asked = store.moment;
  assert.deepEqual(store.putSlice(slice('10'), asked), [WEB], 'etcd was restored from a backup');
  assert.equal(versionIn(store), '10');
  assert.deepEqual(store.putSlice(slice('12')), [WEB], 'and a watch tells what comes after');
  assert.deepEqual(store.putSlice(slice('11'), asked), [], 'an answer that the watch has overtaken');
  assert.equal(versionIn(store), '12');
  assert.deepEqual(
    store.putSlice(slice('12', 'u-2'), store.moment),
    [WEB],
    'the versions of another cluster',
  );
});

test('a list replaces and removes slices whatever their versions, but for those written since it was begun', () => {
  const store = stored();
  for (const name of ['kept', 'lost', 'rewritten', 'removed']) store.putSlice(slice('90', name, name));
  const asked = store.moment;
  // While it is read.
  store.putSlice(slice('26', 'created', 'created'), asked);
  store.putSlice(slice('27', 'rewritten', 'rewritten'), asked);
  store.putSlice(slice('24', 'gone', 'gone'), asked);
  const seen = new Set(['shop/kept', 'shop/rewritten']);
  for (const name of ['kept', 'rewritten']) store.putSlice(slice('10', name, name), asked);
  assert.deepEqual(store.sweep('endpointslices', 'auth', new Set(), { asked, version: '25' }), []);
  assert.deepEqual(store.sweep('endpointslices', 'shop', seen, { asked, version: '25' }), [WEB, WEB, WEB]);
  const versions = store
    .world(WEB)
    ?.slices.map(one => `${one.name} ${one.type === 'ours' ? one.resourceVersion : ''}`);
  // The list is newer than the writing of `gone`, and does not hold it.
  assert.deepEqual(versions, ['kept 10', 'rewritten 27', 'created 26']);
});

test('a slice that was deleted comes back by a list that was begun later, and by none that was begun before', () => {
  const store = stored();
  store.putSlice(slice('20'));
  const before = store.moment;
  const [known] = store.world(WEB)?.slices ?? [];
  assert.ok(known?.type === 'ours');
  store.deletedSlice(known);
  assert.deepEqual(store.putSlice(slice('20'), before), []);
  store.sweep('endpointslices', undefined, new Set(), { asked: before, version: '20' });
  assert.deepEqual(store.putSlice(slice('20')), [], 'nor by a watch that lags');
  assert.deepEqual(store.putSlice(slice('10'), store.moment), [WEB], 'a backup has it');
  assert.deepEqual(store.putSlice(slice('11')), [WEB]);
  const [again] = store.world(WEB)?.slices ?? [];
  assert.ok(again?.type === 'ours');
  store.deletedSlice(again);
  const later = { asked: store.moment, version: '30' };
  store.sweep('endpointslices', 'auth', new Set(), later);
  assert.deepEqual(store.putSlice(slice('12')), [], 'the list of another namespace');
  store.sweep('endpointslices', 'shop', new Set(), later);
  assert.deepEqual(store.putSlice(slice('31')), [WEB], 'what is watched from a later list on is later');
});

test('an answer that comes after the end of its slice was told does not bring it back', () => {
  const store = stored();
  store.putSlice(slice('10'));
  const asked = store.moment;
  store.putSlice(slice('11'));
  assert.deepEqual(store.remove('endpointslices', 'shop', 'web-1', 'u-1'), [WEB]);
  assert.deepEqual(store.putSlice(slice('11'), asked), []);
  assert.equal(versionIn(store), undefined);
  store.putSlice({ type: 'foreign', name: 'web-1', namespace: 'shop', service: 'web', managedBy: '' });
  assert.deepEqual(store.putSlice(slice('11'), asked), [], "nor where the name is another's by now");
  store.remove('endpointslices', 'shop', 'web-1', 'u-2');
  assert.deepEqual(store.putSlice(slice('10'), store.moment), [WEB], 'a backup has it, by an answer');
  store.remove('endpointslices', 'shop', 'web-1', 'u-1');
  assert.deepEqual(store.putSlice(slice('12')), [WEB], 'and by a watch, which tells of all in order');
});

test('an answer does not bring back what a list has missed since, nor what could not be read', () => {
  for (const what of ['a list', 'a list, which is older by its version', 'an unreadable one'] as const) {
    const store = stored();
    store.putSlice(slice('10'));
    const asked = store.moment;
    const version = what === 'a list' ? '25' : '5';
    if (what === 'an unreadable one')
      takeObject(store, 'endpointslices', { metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1' } });
    else store.sweep('endpointslices', 'shop', new Set(), { asked: store.moment, version });
    assert.deepEqual(store.putSlice(slice('11'), asked), [], what);
    assert.equal(versionIn(store), undefined, what);
  }
});

test('an answer tells of a slice that nobody told of, but where a list that is as new has missed it since', () => {
  const store = stored();
  const asked = store.moment;
  store.sweep('endpointslices', undefined, new Set(), { asked, version: '25' });
  assert.deepEqual(store.putSlice(slice('24', 'u-1', 'web-1'), asked), []);
  assert.deepEqual(store.putSlice(slice('26', 'u-2', 'web-2'), asked), [WEB]);
  assert.deepEqual(store.putSlice(slice('24', 'u-1', 'web-1'), store.moment), [WEB], 'asked for later');
});

test('Store knows the slices that ended last, and forgets those that ended first', () => {
  const store = stored();
  const asked = store.moment;
  for (let index = 0; index < 3000; index++) {
    store.putSlice(slice('10', `u-${index}`));
    store.remove('endpointslices', 'shop', 'web-1', `u-${index}`);
  }
  assert.deepEqual(store.putSlice(slice('11', 'u-2999'), asked), []);
  assert.deepEqual(
    store.putSlice(slice('11', 'u-0'), asked),
    [WEB],
    'the first is forgotten: their number is bounded',
  );
});

test('the end of a slice that was told before the answer to its deletion leaves nothing to be disbelieved', () => {
  const store = stored();
  store.putSlice(slice('10'));
  store.remove('endpointslices', 'shop', 'web-1', 'u-1');
  store.deletedSlice({ namespace: 'shop', name: 'web-1', uid: 'u-1' });
  assert.deepEqual(store.putSlice(slice('11')), [WEB], 'restored from a backup, as a watch tells it');
});
