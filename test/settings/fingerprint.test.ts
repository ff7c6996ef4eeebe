import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { fingerprint } from '../../lib/settings/fingerprint.ts';

test('fingerprint() is FNV-1a in its first half', () => {
  // From the authors' own test vectors (draft-eastlake-fnv).
  assert.equal(fingerprint('').slice(0, 8), '811c9dc5');
  assert.equal(fingerprint('a').slice(0, 8), 'e40c292c');
  assert.equal(fingerprint('foobar').slice(0, 8), 'bf9cf968');
});

test('fingerprint() is 16 hexadecimal digits, the same for the same text alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
      assert.match(fingerprint(one), /^[0-9a-f]{16}$/);
      assert.equal(fingerprint(one) === fingerprint(other), one === other);
    }),
  );
});
