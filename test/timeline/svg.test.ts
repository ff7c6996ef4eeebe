import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { group, placeOnLines, textWidth } from '../../lib/timeline/labels.ts';
import { createScale, ticksOf } from '../../lib/timeline/scale.ts';
import { renderSvg } from '../../lib/timeline/svg.ts';
import { WITH, WITHOUT } from './entries.ts';
import { anyEntries, anyText } from './outside.ts';
import { elements } from './well-formed.ts';

const VERDICT = { sent: 4812, failed: 1204, cut: 0, longestOutageMs: 10_060, terminationMs: 30_030 };
const RUNS = [
  { title: 'without podusher', entries: WITHOUT, containers: ['rails', 'auth'], verdict: VERDICT },
  { title: 'with podusher', entries: WITH, containers: ['rails', 'auth', 'podusher'] },
];

test('renderSvg() says what was lost, and is the same when drawn again', () => {
  const svg = renderSvg(RUNS);
  assert.equal(renderSvg(RUNS), svg);
  assert.match(svg, /1,204 failed, 0 cut/u);
  assert.match(svg, /of 4,812 requests; longest outage 10\.1 s; gone 30 s after the deletion/u);
  assert.match(svg, /rails: hook held 10\.2 s, \+0\.00 s to \+10\.24 s/u);
  assert.match(svg, />SIGKILL</u);
});

test('renderSvg() is self-contained: no script, no style, no address but the namespace', () => {
  const svg = renderSvg(RUNS);
  const names = new Set(elements(svg, 'xml'));
  assert.deepEqual([...names].toSorted(), ['g', 'line', 'path', 'rect', 'svg', 'text', 'title', 'tspan']);
  assert.deepEqual([...svg.matchAll(/https?:[^"]*/gu)].map(String), ['http://www.w3.org/2000/svg']);
});

test('renderSvg() draws both runs on one scale when there are two', () => {
  const deletions = [...renderSvg(RUNS).matchAll(/x="([\d.]+)" y="[\d.]+"[^>]*>pod deleted</gu)].map(
    ([, x]) => x,
  );
  assert.equal(deletions.length, 2);
  assert.equal(deletions[0], deletions[1]);
});

test('renderSvg() is well-formed XML of the same shape when titles, names and reasons are anything', () => {
  fc.assert(
    fc.property(anyEntries, ({ entries, text }) => {
      const run = { title: text, entries, containers: [text, 'other'], now: entries[0]?.at ?? 0 };
      const names = elements(renderSvg([run, { title: '', entries: [], containers: [] }]), 'xml');
      assert.equal(names.filter(name => name === 'svg').length, 1);
    }),
  );
});

test('ticksOf() has a few round times when the range is anything', () => {
  assert.deepEqual(
    ticksOf(createScale([{ from: -5000, until: 31_000 }], 0, 700)).map(tick => tick.label),
    ['-5 s', '0', '+5 s', '+10 s', '+15 s', '+20 s', '+25 s', '+30 s'],
  );
  fc.assert(
    fc.property(fc.integer({ min: -1e9, max: 0 }), fc.integer({ min: 0, max: 1e9 }), (from, until) => {
      const scale = createScale([{ from, until }], 100, 800);
      const ticks = ticksOf(scale);
      assert.ok(ticks.length > 0 && ticks.length <= 13);
      assert.equal(new Set(ticks.map(tick => tick.label)).size, ticks.length);
      for (const { at } of ticks) assert.ok(scale.x(at) >= 100 && scale.x(at) <= 800);
    }),
  );
});

const LABELS = fc.array(
  fc.record({ x: fc.integer({ min: 0, max: 800 }), label: fc.string({ minLength: 1, maxLength: 20 }) }),
  { maxLength: 12 },
);

test('placeOnLines() lets no label cover another when lines are close', () => {
  fc.assert(
    fc.property(LABELS, items => {
      const sorted = items.toSorted((a, b) => a.x - b.x);
      const placed = placeOnLines(sorted, item => item.x, 11, 1000);
      for (const [i, a] of placed.entries()) {
        for (const b of placed.slice(i + 1)) {
          if (a.row === b.row) assert.ok(a.x + textWidth(a.item.label, 11) <= b.x);
        }
      }
    }),
  );
});

test('group() joins neighbours when their labels would collide, and loses nobody', () => {
  fc.assert(
    fc.property(LABELS, items => {
      const sorted = items.toSorted((a, b) => a.x - b.x);
      const groups = group(
        sorted,
        members => members.reduce((sum, { x }) => sum + x, 0) / members.length,
        members => `${members.length} of them`,
        { size: 12, left: 0, right: 800 },
      );
      assert.deepEqual(
        groups.flatMap(({ items: members }) => members),
        sorted,
      );
      for (const [i, { x, label }] of groups.entries()) {
        const next = groups[i + 1];
        if (next !== undefined) {
          assert.ok(x + textWidth(label, 12) / 2 <= next.x - textWidth(next.label, 12) / 2);
        }
      }
    }),
  );
});

test('elements() throws when markup is not well-formed, so that the properties above can fail', () => {
  for (const wrong of [
    '<a><b></a></b>',
    '<a',
    '<a>&nbsp;</a>',
    '<a>',
    '<a x="<"></a>',
    '<a>\u0000</a>',
    '<a b=c></a>',
  ]) {
    assert.throws(() => elements(wrong, 'xml'), wrong);
  }
  fc.assert(
    fc.property(anyText, text => {
      const bare = text.replaceAll(/[<&]|[^\u0020-\u007E]/gu, '');
      assert.deepEqual(elements(`<a>${bare}</a>`, 'xml'), ['a']);
    }),
  );
});
