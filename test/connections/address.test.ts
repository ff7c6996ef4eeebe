import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatAddress, isLoopback, normalAddress, parseAddress } from '../../lib/connections/address.ts';

test('normalAddress() writes each address in one way', () => {
  const table: readonly (readonly [string, string])[] = [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['::ffff:0a00:0007', '10.0.0.7'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    ['FD00:0:0:1:0:0:0:7', 'fd00:0:0:1::7'],
    ['fd00::1:0:0:7', 'fd00::1:0:0:7'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::10.0.0.7', '::a00:7'],
    ['010.0.0.007', '10.0.0.7'],
    ['nonsense', 'nonsense'],
    ['1.2.3', '1.2.3'],
    ['1.2.3.256', '1.2.3.256'],
    ['1::2::3', '1::2::3'],
    ['12345::', '12345::'],
  ];
  for (const [text, normal] of table) assert.equal(normalAddress(text), normal, text);
});

test('parseAddress() takes what formatAddress() writes, and Node reads it as the same address', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc
      .array(fc.constantFrom(0, 0, 1, 255), { minLength: 16, maxLength: 16 })
      .map(all => Uint8Array.from(all)),
  );
  fc.assert(
    fc.property(bytes, address => {
      const text = formatAddress(address);
      const parsed = parseAddress(text);
      assert.ok(parsed !== undefined, text);
      assert.equal(formatAddress(parsed), text);
      if (isIP(text) === 4) return;
      const list = new BlockList();
      list.addAddress(spelt(address), 'ipv6');
      assert.ok(list.check(text, 'ipv6'), `${text} is ${spelt(address)}`);
    }),
  );
});

test('parseAddress() gives a value or undefined when the text is any text', () => {
  fc.assert(fc.property(fc.string(), text => void parseAddress(text)));
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f:.%]{0,24}$/), text => {
      if (parseAddress(text) !== undefined) assert.notEqual(isIP(text.replace(/%.*$/s, '')), 0, text);
    }),
  );
});

test('isLoopback() knows 127.0.0.0/8 and ::1', () => {
  for (const address of ['127.0.0.1', '127.0.1.1', '127.255.0.9', '::1']) assert.ok(isLoopback(address));
  for (const address of ['10.0.0.7', '128.0.0.1', '::2', '127.example']) assert.ok(!isLoopback(address));
});

/** All eight groups of an IPv6 address. */
function spelt(bytes: Uint8Array): string {
  const group = (i: number): string => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16);
  return [0, 1, 2, 3, 4, 5, 6, 7].map(group).join(':');
}
