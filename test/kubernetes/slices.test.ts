import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ApiSlice,
  afterSlice,
  beforeAll,
  type Hold,
  isWithdrawn,
  NO_SLICES,
  parseSlice,
  type Slices,
} from '../../lib/kubernetes/slices.ts';
import { type EndpointParts, POD_IP, POD_NAME, sliceObject, UID } from './objects.ts';

const POD = { name: POD_NAME, uid: UID, ips: [POD_IP, 'fd00::3'] };

const ELSEWHERE: EndpointParts = {
  address: '10.9.9.9',
  targetRef: { kind: 'Pod', name: 'other', uid: 'other' },
};

const SLICES: readonly [title: string, hold: Hold | undefined, ...EndpointParts[]][] = [
  ['has no endpoints', undefined],
  ['has others only', undefined, ELSEWHERE],
  ['has the pod', 'serving', ELSEWHERE, {}],
  ['has it as terminating', 'terminating', { terminating: true }],
  ['has it once more, as serving', 'serving', { terminating: true }, { address: 'fd00::3' }],
  ['has its address and names nobody', 'serving', { targetRef: null }],
  [
    'has its address, but names another pod on the node’s network',
    undefined,
    { ...ELSEWHERE, address: POD_IP },
  ],
  ['names the pod at another address', 'serving', { address: '10.9.9.9' }],
  [
    'names an earlier pod of that name',
    undefined,
    { targetRef: { kind: 'Pod', name: POD_NAME, uid: 'earlier' } },
  ],
  ['names the pod without its uid', 'serving', { targetRef: { kind: 'Pod', name: POD_NAME } }],
  ['has its address and names a node', 'serving', { targetRef: { kind: 'Node', name: 'node-1' } }],
];

for (const [title, hold, ...endpoints] of SLICES) {
  test(`parseSlice() tells the pod's place in a slice that ${title}`, () => {
    assert.deepEqual(parseSlice(sliceObject('shop-1', endpoints), POD), {
      ok: true,
      value: { name: 'shop-1', hold },
    });
  });
}

test('parseSlice() refuses what is no slice', () => {
  for (const object of [
    undefined,
    {},
    { metadata: { name: 1 } },
    { metadata: { name: 'a' }, endpoints: [{}] },
  ]) {
    assert.ok(!parseSlice(object, POD).ok);
  }
});

const at = (name: string, hold?: Hold): ApiSlice => ({ name, hold });

const STORIES: readonly [title: string, withdrawn: boolean, ...ApiSlice[]][] = [
  ['no slice was ever seen', false],
  ['slices hold others only', false, at('a'), at('b')],
  ['one holds it', false, at('a', 'serving')],
  ['one calls it terminating', true, at('a', 'terminating')],
  ['one has dropped it', true, at('a', 'serving'), at('a')],
  ['one of two still holds it', false, at('a', 'terminating'), at('b', 'serving')],
  ['the last of two lets go', true, at('a', 'serving'), at('b', 'serving'), at('b', 'terminating'), at('a')],
  ['it comes back to one', false, at('a', 'serving'), at('a'), at('a', 'serving')],
  ['another one takes it up', false, at('a', 'terminating'), at('c', 'serving')],
];

for (const [title, withdrawn, ...slices] of STORIES) {
  test(`isWithdrawn() is ${withdrawn} when ${title}`, () => {
    assert.equal(isWithdrawn(slices.reduce(afterSlice, NO_SLICES)), withdrawn);
  });
}

function read(before: Slices, ...slices: ApiSlice[]): Slices {
  return slices.reduce(afterSlice, beforeAll(before));
}

test('beforeAll() forgets what was there, and that the pod was held stays known', () => {
  const before = read(NO_SLICES, at('a', 'serving'), at('b', 'serving'));
  assert.equal(isWithdrawn(before), false);
  assert.equal(isWithdrawn(read(before, at('b', 'terminating'))), true);
  assert.equal(isWithdrawn(read(before)), true);
  assert.equal(isWithdrawn(read(NO_SLICES)), false);
});

test('afterSlice() keeps nothing of slices without the pod, and never more than 100', () => {
  assert.equal(afterSlice(NO_SLICES, at('a')), NO_SLICES);
  const many = Array.from({ length: 150 }, (_, index) => at(`s${index}`, 'terminating'));
  const slices = many.reduce(afterSlice, NO_SLICES);
  assert.equal(slices.holds.size, 100);
  assert.equal(isWithdrawn(slices), false, 'what is not kept is not known');
  assert.equal(afterSlice(slices, at('one more', 'serving')), slices, 'nothing is copied any more');
  const fewer = afterSlice(slices, at('s0'));
  assert.equal(isWithdrawn(fewer), false, 'it stays unknown');
  assert.equal(isWithdrawn(afterSlice(beforeAll(fewer), at('s1', 'terminating'))), true);
});
