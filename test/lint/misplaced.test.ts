import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { misplacedAnnotations } from '../../lib/lint/misplaced.ts';

const OURS = { 'podusher.dev/non-critical': 'statsd', 'depends-on.podusher.dev/rails': 'auth' };

function deployment(own: object, pods: object): unknown {
  return { kind: 'Deployment', metadata: { annotations: own }, spec: { template: { metadata: pods } } };
}

test('misplacedAnnotations() names those on a Deployment that its pods do not have', () => {
  const own = { ...OURS, 'example.com/owner': 'shop', 'podusher.dev/grace-period': '30s' };
  const found = misplacedAnnotations(
    deployment(own, { annotations: { 'podusher.dev/grace-period': '30s' } }),
  );
  const message =
    'is on the Deployment, whose annotations its pods do not get; accepted: in spec.template.metadata.annotations';
  assert.deepEqual(
    found,
    Object.keys(OURS).map(key => ({ where: `metadata.annotations[${key}]`, message })),
  );
  assert.equal(misplacedAnnotations(deployment(OURS, {})).length, 2);
});

test('misplacedAnnotations() says nothing of a Pod, nor of a Deployment whose pods have them', () => {
  assert.deepEqual(misplacedAnnotations({ kind: 'Pod', metadata: { annotations: OURS } }), []);
  assert.deepEqual(misplacedAnnotations(deployment({ 'example.com/owner': 'shop' }, {})), []);
  assert.deepEqual(misplacedAnnotations(deployment(OURS, { annotations: OURS })), []);
});

test('misplacedAnnotations() never throws, and is bounded', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (own, pods) => {
      misplacedAnnotations({ kind: 'Deployment', metadata: own, spec: { template: pods } });
    }),
  );
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`podusher.dev/x${i}`, '']));
  assert.equal(misplacedAnnotations(deployment(many, {})).length, 50);
});
