import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { originOf } from '../../lib/timeline/origin.ts';
import { renderText } from '../../lib/timeline/terminal.ts';
import { EVERY, T, WITH, WITHOUT } from './entries.ts';
import { anyEntries } from './outside.ts';

test('renderText() keeps its columns when names, actors and times differ in length', () => {
  const text = renderText(
    [WITH[0], WITHOUT[5], EVERY.outage].filter(entry => entry !== undefined),
    { colour: false },
  );
  assert.equal(
    text,
    [
      '  -4.90 s  kubelet   podusher  started',
      '  +0.00 s  kubelet             pod deleted; grace period 30 s',
      '  +5.10 s  load                1,412 requests failed and 3 cut in 30.1 s: HTTP 500: auth refused the',
      '                               connection',
      '',
    ].join('\n'),
  );
});

test('renderText() has no column for containers when no entry names one', () => {
  assert.equal(
    renderText([EVERY.sigterm], { colour: false }),
    '  +0.00 s  podusher  the agent got SIGTERM\n',
  );
  assert.equal(renderText([], { colour: false }), '');
});

test('renderText() counts from the origin when one is given', () => {
  assert.match(renderText([EVERY.sigterm], { colour: false, origin: T }), /^ {2}\+5\.10 s/u);
});

test('renderText() colours only when asked to, and changes nothing else', () => {
  const [red, bold, off] = ['\u001B[31m', '\u001B[1m', '\u001B[0m'] as const;
  const plain = renderText(WITH, { colour: false });
  let coloured = renderText(WITH, { colour: true });
  assert.ok(coloured.includes(`${red}gets SIGKILL${off}`));
  assert.ok(coloured.includes(`${bold}pod deleted; grace period 30 s${off}`));
  for (const code of [red, bold, off, '\u001B[32m', '\u001B[2m']) coloured = coloured.replaceAll(code, '');
  assert.equal(coloured, plain);
  assert.ok(!plain.includes('\u001B'));
});

test('renderText() stays within its width when names and reasons are anything', () => {
  fc.assert(
    fc.property(anyEntries, fc.integer({ min: 80, max: 120 }), ({ entries }, width) => {
      const lines = renderText(entries, { colour: false, width }).split('\n');
      assert.equal(lines.pop(), '');
      assert.ok(lines.length >= entries.length);
      for (const line of lines) assert.ok(line.length <= width, line);
    }),
  );
});

test('originOf() prefers the deletion, then the first hook, then the first entry', () => {
  assert.equal(originOf(WITH), T);
  assert.equal(originOf(WITH.filter(entry => entry.actor === 'podusher')), T + 8);
  assert.equal(originOf([{ ...EVERY.started, at: 7 }]), 7);
  assert.equal(originOf([]), 0);
});
