import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, parseSelector } from '../../lib/publisher/selector.ts';

const WEB = { app: 'web', tier: 'a', revision: '7', 'example.com/team': 'shop' };

const SELECTORS: readonly [selector: string, matchesWeb: boolean][] = [
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier=a', true],
  ['app=web,tier=b', false],
  ['app!=web', false],
  ['other!=web', true],
  ['app=', false],
  ['other=', false],
  ['app=web,tier in (a,b)', true],
  ['tier in ( b , a )', true],
  ['tier in ()', false],
  ['tier notin (a,b)', false],
  ['other notin (a,b)', true],
  ['app', true],
  ['!app', false],
  ['! other', true],
  ['example.com/team=shop', true],
  ['revision>6', true],
  ['revision<7', false],
  ['revision > 99999', false],
  ['app>1', false],
  ['constructor', false],
  ['in', false],
];

for (const [selector, expected] of SELECTORS) {
  test(`matches() is ${expected} for ${JSON.stringify(selector)}`, () => {
    const read = parseSelector(selector);
    assert.ok(read.ok, JSON.stringify(selector));
    assert.equal(matches(read.value, new Map(Object.entries(WEB))), expected);
  });
}

const WRONG: readonly [selector: string, problem: RegExp][] = [
  ['', /^An empty selector would select every pod/],
  [' \t', /^An empty selector/],
  ['app=web,', /^"" is no requirement; accepted: KEY=VALUE/],
  ['app=web tier=a', /^"app=web tier=a" is no requirement/],
  ['app===web', /no requirement/],
  ['!app=web', /no requirement/],
  ['app in web', /no requirement/],
  ['app in (web', /no requirement/],
  ['-app=web', /^"-app" is not a label's key; accepted: letters/],
  ['a/b/c=web', /^"a\/b\/c" is not a label's key/],
  ['Example.com/a=web', /^"Example.com\/a" is not a label's key/],
  [`app=${'w'.repeat(64)}`, /is not a label's value; accepted: nothing, or letters/],
  ['app=wéb', /^"wéb" is not a label's value/],
  ['app in (web, -b)', /^"-b" is not a label's value/],
  ['revision>x', /^"x" is not an integer/],
  ['revision>9223372036854775808', /is not an integer/],
  ['app=web\u0000', /./],
  [`app=web${','.repeat(10_000)}`, /is longer than 8192 characters/],
];

for (const [selector, problem] of WRONG) {
  test(`parseSelector() says what is wrong with ${JSON.stringify(selector).slice(0, 40)}`, () => {
    const read = parseSelector(selector);
    assert.ok(!read.ok);
    assert.match(read.problems.join('\n'), problem);
  });
}

test('parseSelector() tells all problems at once', () => {
  const read = parseSelector('-a=-b,app=web,c in (d,-e),f>g');
  assert.ok(!read.ok);
  assert.equal(read.problems.length, 4);
});
