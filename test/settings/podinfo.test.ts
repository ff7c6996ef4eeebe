import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatMap } from '../../lib/kubelet/field-ref.ts';
import { parsed } from '../../lib/parsed.ts';
import { LONGEST_PODINFO_BYTES, parsePodinfo } from '../../lib/settings/podinfo.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('parsePodinfo() reads the lines that the kubelet writes', () => {
  const file = [
    'kubectl.kubernetes.io/last-applied="{\\"a\\":\\"b\\\\\\\\n\\"}\\n"',
    'podusher.dev/drain-min="5s"',
    'x="tab\\t bell\\a del\\x7f nbsp\\u00a0 tag\\U000e0001 raw é = \\"=\\""',
    'y=""',
    'z="not utf-8 \\xff"',
  ].join('\n');
  const expected = new Map([
    ['kubectl.kubernetes.io/last-applied', '{"a":"b\\\\n"}\n'],
    ['podusher.dev/drain-min', '5s'],
    ['x', 'tab\t bell\u0007 del\u007f nbsp\u00a0 tag\u{e0001} raw é = "="'],
    ['y', ''],
    ['z', 'not utf-8 \ufffd'],
  ]);
  assert.deepEqual(parsePodinfo(bytes(file)), parsed(expected));
  assert.deepEqual(parsePodinfo(bytes(`${file}\n`)), parsed(expected));
  assert.deepEqual(parsePodinfo(bytes('')), parsed(new Map()));
});

const bad: readonly [text: string, problem: RegExp][] = [
  ['a="1"\nb', /^Line 2, "b", is not an annotation; accepted: KEY="VALUE"$/],
  ['a="1', /^Line 1/],
  ['a=1', /^Line 1/],
  ['="1"', /^Line 1/],
  ['a="1" ', /^Line 1/],
  ['a="\\q"', /^Line 1/],
  ['a="\\x4"', /^Line 1/],
  ['a="\\U00110000"', /^Line 1/],
  ['a="1"2"', /^Line 1/],
  ['a="\\"', /^Line 1/],
  ['x'.repeat(1000), /^Line 1, "x{80}…", is not/],
  ['x'.repeat(LONGEST_PODINFO_BYTES + 1), /^The file is too long; accepted: up to 1048576 bytes$/],
  [`a="${'\\"'.repeat(500_000)}`, /^Line 1/],
];

test('parsePodinfo() names the first bad line when the file is not as the kubelet writes it', () => {
  for (const [text, problem] of bad) {
    const result = parsePodinfo(bytes(text));
    assert.ok(!result.ok, text);
    assert.match(result.problems.join('\n'), problem);
  }
});

test('parsePodinfo() gives back whatever formatMap() writes as the kubelet does', () => {
  const key = fc.stringMatching(/^[a-z./-]{1,20}$/);
  const value = fc.string({ unit: 'binary' }).map(text => text.toWellFormed());
  fc.assert(
    fc.property(fc.dictionary(key, value, { noNullPrototype: true }), annotations => {
      const read = parsePodinfo(bytes(formatMap(annotations)));
      assert.deepEqual(read, parsed(new Map(Object.entries(annotations))));
    }),
  );
});

test('parsePodinfo() gives a value or a problem, whatever the bytes', () => {
  const noise = fc
    .string({ unit: fc.constantFrom('a', '=', '"', '\\', 'x', 'U', '0', 'f', '\n', 'é') })
    .map(bytes);
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), noise), anything => {
      const result = parsePodinfo(anything);
      assert.ok(result.ok || result.problems.length === 1);
    }),
    { numRuns: 1000 },
  );
});
