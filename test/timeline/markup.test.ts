import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { markup } from '../../lib/timeline/markup.ts';
import { anyText } from './outside.ts';
import { elements } from './well-formed.ts';

test('markup() escapes strings, and leaves markup, lists of it and undefined alone', () => {
  const bold = markup`<b>${'<'}</b>`;
  assert.equal(
    markup`<a x="${'"\''}">${bold}${[bold, bold]}${undefined}${1.5}</a>`.markup,
    '<a x="&quot;&#39;"><b>&lt;</b><b>&lt;</b><b>&lt;</b>1.5</a>',
  );
});

test('markup() replaces what XML forbids even when escaped', () => {
  assert.equal(markup`${'a\u0000b\uD800c\uFFFEd\u001Be😀'}`.markup, 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe😀');
});

test('markup() stays well-formed when text and attributes are anything', () => {
  fc.assert(
    fc.property(anyText, text => {
      assert.deepEqual(elements(markup`<a x="${text}">${text}</a>`.markup, 'xml'), ['a']);
    }),
  );
});
