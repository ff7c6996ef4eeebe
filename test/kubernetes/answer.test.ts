import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseList, parseWatchLine, refusal, type WatchLine } from '../../lib/kubernetes/answer.ts';
import { backOffMs, retryAfterMs } from '../../lib/kubernetes/back-off.ts';
import { takeLines } from '../../lib/kubernetes/lines.ts';

test('parseList() reads a page and what the next one is asked for with', () => {
  const body = { kind: 'PodList', metadata: { resourceVersion: '7', continue: 'more' }, items: [{ a: 1 }] };
  assert.deepEqual(parseList(JSON.stringify(body)), {
    ok: true,
    value: { items: [{ a: 1 }], resourceVersion: '7', next: 'more' },
  });
  const last = { metadata: { resourceVersion: '7', continue: '' }, items: null };
  assert.deepEqual(parseList(JSON.stringify(last)), {
    ok: true,
    value: { items: [], resourceVersion: '7', next: undefined },
  });
});

test('parseList() refuses what is no list, in a message of one short line', () => {
  for (const body of [
    '',
    'garbage\n'.repeat(10_000),
    '{}',
    '[]',
    '{"metadata":{"resourceVersion":""},"items":[]}',
  ]) {
    const page = parseList(body);
    assert.ok(!page.ok, body.slice(0, 40));
    assert.ok(page.problems.join().length < 200);
  }
});

const LINES: readonly [title: string, line: object, read: WatchLine | undefined][] = [
  [
    'an object',
    { type: 'MODIFIED', object: { metadata: { resourceVersion: '8' }, spec: 1 } },
    { type: 'MODIFIED', object: { metadata: { resourceVersion: '8' }, spec: 1 }, resourceVersion: '8' },
  ],
  [
    'a bookmark',
    { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '9' } } },
    { type: 'BOOKMARK', resourceVersion: '9' },
  ],
  [
    'an error',
    { type: 'ERROR', object: { kind: 'Status', message: 'too old', code: 410 } },
    { type: 'ERROR', code: 410, message: 'too old' },
  ],
  ['another type', { type: 'PARTY', object: { metadata: { resourceVersion: '8' } } }, undefined],
  ['an object without a version', { type: 'ADDED', object: { metadata: {} } }, undefined],
  ['a bookmark without a version', { type: 'BOOKMARK', object: {} }, undefined],
  ['no object', { type: 'ADDED' }, undefined],
];

for (const [title, line, read] of LINES) {
  test(`parseWatchLine() ${read === undefined ? 'refuses' : 'reads'} ${title}`, () => {
    const result = parseWatchLine(JSON.stringify(line));
    assert.deepEqual(result.ok ? result.value : undefined, read);
  });
}

test('parseWatchLine() and parseList() never throw, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      parseWatchLine(text);
      parseList(text);
    }),
  );
});

test('refusal() tells the server’s own message where it has one', () => {
  const body = JSON.stringify({ kind: 'Status', message: 'pods is forbidden', code: 403 });
  assert.equal(refusal(403, body), 'HTTP 403: pods is forbidden');
  assert.equal(refusal(502, '<html>Bad gateway</html>'), 'HTTP 502');
});

test('refusal() tells whom what is forbidden, with long names too', () => {
  const who = `system:serviceaccount:${'a'.repeat(63)}:${'b'.repeat(63)}`;
  const message = `endpointslices.discovery.k8s.io is forbidden: User "${who}" cannot list resource "endpointslices" in API group "discovery.k8s.io" in the namespace "${'a'.repeat(63)}"`;
  assert.equal(refusal(403, JSON.stringify({ message })), `HTTP 403: ${message}`);
});

test('takeLines() gives the same lines however the text is cut, or none when one is too long', () => {
  const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 });
  fc.assert(
    fc.property(anyText, fc.array(fc.nat({ max: 60 })), (text, cuts) => {
      const places = [0, ...cuts.map(cut => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const found: string[] = [];
      let rest = '';
      for (const [index, from] of places.slice(0, -1).entries()) {
        const taken = takeLines(rest, text.slice(from, places[index + 1]), 100);
        assert.ok(taken);
        found.push(...taken.lines);
        rest = taken.rest;
      }
      assert.deepEqual([...found, rest].filter(Boolean), text.split('\n').filter(Boolean));
    }),
  );
  assert.equal(takeLines('a'.repeat(9), 'bb', 10), undefined);
  assert.equal(takeLines('', `${'a'.repeat(11)}\n`, 10), undefined);
  assert.deepEqual(takeLines('a'.repeat(9), 'b\n', 10), { lines: [`${'a'.repeat(9)}b`], rest: '' });
});

test('backOffMs() doubles up to half a minute, leaves half to chance, and heeds Retry-After', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 1000].map(failures => backOffMs(failures, 1));
  assert.deepEqual(longest, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual([backOffMs(1, 0), backOffMs(6, 0)], [500, 15_000]);
  assert.deepEqual([backOffMs(1, 0, 7000), backOffMs(6, 1, 7000)], [7000, 30_000]);
  assert.equal(backOffMs(1, 0, 86_400_000), 60_000, 'a day is not waited for');
});

test('retryAfterMs() reads seconds only', () => {
  assert.deepEqual(
    ['5', '0', undefined, '-1', 'Wed, 21 Oct 2026 07:28:00 GMT', '99999999999'].map(retryAfterMs),
    [5000, 0, undefined, undefined, undefined, undefined],
  );
});
