import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Entry } from '../../lib/timeline/entry.ts';
import { type Lane, lanesOf } from '../../lib/timeline/spans.ts';
import { storyOf } from '../../lib/timeline/story.ts';
import { trafficOf } from '../../lib/timeline/traffic.ts';
import { CRASH_LOOP, EVERY, NOTHING, T, WITH, WITHOUT } from './entries.ts';
import { anyEntries } from './outside.ts';

const FROM = T - 5000;
const UNTIL = T + 31_000;

function markLabels(entries: readonly Entry[]): string[] {
  return storyOf({ title: '', entries, containers: [] }).marks.map(mark => mark.label);
}

/** `kind from..until`, relative to T. */
function spansOf(lane: Lane | undefined): string[] {
  return (lane?.spans ?? []).map(({ kind, from, until }) => `${kind} ${from - T}..${until - T}`);
}

test("lanesOf() tells a container's whole life when the kubelet tells it", () => {
  const [rails, auth, agent] = lanesOf(WITH, ['rails', 'auth', 'podusher'], FROM, UNTIL);
  assert.deepEqual(spansOf(rails), [
    'starting -4090..-4040',
    'serving -4040..3',
    'hook 3..10240',
    'serving 10240..10241',
    'stopping 10241..30016',
  ]);
  assert.deepEqual(rails?.kills, [T + 30_010]);
  assert.deepEqual(rails?.end, { at: T + 30_016, how: 'SIGKILL' });
  assert.deepEqual(auth?.end, { at: T + 30_171, how: 'exit 0' });
  assert.equal(spansOf(agent)[0], 'starting -4900..-3000');
});

test('lanesOf() shows a crash as down until the next start, and its end at the deletion', () => {
  const crashed: Entry[] = [
    { ...EVERY.started, at: T - 4000 },
    { ...EVERY.exited, at: T - 3000, code: 1 },
    { ...EVERY['back-off'], at: T - 2990 },
    { ...EVERY.started, at: T - 2000 },
    { ...EVERY.exited, at: T - 1000, code: 1 },
    { ...EVERY.deleted, at: T },
  ];
  const [rails, unheard] = lanesOf(crashed, ['rails', 'unheard'], FROM, UNTIL);
  assert.deepEqual(spansOf(rails), [
    'starting -4000..-3000',
    'down -3000..-2000',
    'starting -2000..-1000',
    'down -1000..0',
  ]);
  assert.equal(rails?.end, undefined);
  assert.deepEqual(spansOf(unheard), []);
});

test('lanesOf() shows as not ready what podusher finds so, though the kubelet calls it ready', () => {
  const statsd = { container: 'statsd' } as const;
  const entries: Entry[] = [
    { ...EVERY.started, ...statsd, at: T - 4000 },
    { ...EVERY.ready, ...statsd, ready: true, at: T - 4000 },
    { ...EVERY.check, at: T - 3000 },
    { ...EVERY.exited, ...statsd, code: 1, at: T - 2500 },
    { ...EVERY.check, at: T - 2400, reason: 'refused' },
    { ...EVERY.started, ...statsd, at: T - 2000 },
    { ...EVERY.ready, ...statsd, ready: true, at: T - 1900 },
    { ...EVERY.check, outcome: 'passed', at: T - 1000 },
    { ...EVERY.deleted, at: T },
    { ...EVERY['hook-began'], ...statsd, at: T },
    { ...EVERY.check, at: T + 500 },
  ];
  const [lane] = lanesOf(entries, ['statsd'], FROM, T + 1000);
  assert.deepEqual(spansOf(lane), [
    'serving -4000..-3000',
    'not-ready -3000..-2500',
    'down -2500..-2000',
    'starting -2000..-1000',
    'serving -1000..0',
    'hook 0..1000',
  ]);
});

test('storyOf() marks when the pod was not ready before its deletion, and begins before that', () => {
  const entries: Entry[] = [
    { ...EVERY['pod-ready'], at: T - 9000 },
    { ...EVERY.check, at: T - 6000 },
    { ...EVERY['pod-ready'], ready: false, at: T - 3000 },
    { ...EVERY.deleted, at: T },
    { ...EVERY['pod-ready'], ready: false, at: T + 1000 },
  ];
  assert.deepEqual(markLabels(entries), ['pod not ready, -3 s', 'pod deleted']);
  assert.equal(storyOf({ title: '', entries, containers: [] }).from, T - 9000);
});

test('lanesOf() follows hooks and releases when the agent alone tells the story', () => {
  const told = WITH.filter(entry => entry.actor === 'podusher');
  const [rails, auth, statsd] = lanesOf(told, ['rails', 'auth', 'statsd'], T + 8, T + 30_190);
  assert.deepEqual(spansOf(rails), ['serving 8..9', 'hook 9..10230', 'stopping 10230..30120']);
  assert.deepEqual(rails?.end, { at: T + 30_120, how: 'stopped' });
  assert.deepEqual(spansOf(auth), ['serving 8..10', 'hook 10..30120', 'stopping 30120..30190']);
  assert.deepEqual(spansOf(statsd), ['serving 8..30190']);
});

test('lanesOf() has everybody up again when the alarm was false', () => {
  const told: Entry[] = [
    { ...EVERY.hook, at: T },
    { ...EVERY.released, at: T + 40_000, because: 'false alarm', left: NOTHING },
    { ...EVERY.healed, at: T + 40_000 },
  ];
  assert.deepEqual(spansOf(lanesOf(told, ['rails'], T, T + 41_000)[0]), [
    'hook 0..40000',
    'serving 40000..41000',
  ]);
});

test('lanesOf() shows a container that loses its readiness as not ready, but not while its hook is held', () => {
  const told: Entry[] = [
    { ...EVERY.started, at: T - 4000 },
    { ...EVERY.ready, at: T - 3500 },
    { ...EVERY.ready, at: T - 3000, ready: true },
    { ...EVERY.ready, at: T - 2000 },
    { ...EVERY['hook-began'], at: T },
    { ...EVERY.ready, at: T + 100 },
  ];
  assert.deepEqual(spansOf(lanesOf(told, ['rails'], FROM, T + 1000)[0]), [
    'starting -4000..-3000',
    'serving -3000..-2000',
    'not-ready -2000..0',
    'hook 0..1000',
  ]);
});

test('trafficOf() begins with readiness, narrows, and ends when kept connections leave', () => {
  assert.deepEqual(trafficOf(WITHOUT, FROM, UNTIL)?.spans, [
    { kind: 'all', from: T - 2900, until: T + 2000 },
    { kind: 'kept', from: T + 2000, until: T + 10_100 },
  ]);
  assert.equal(trafficOf(WITH, FROM, UNTIL)?.spans.at(-1)?.until, T + 30_265);
  assert.equal(trafficOf(CRASH_LOOP, FROM, UNTIL)?.outages.length, 5);
  assert.equal(trafficOf([EVERY.sigterm], FROM, UNTIL), undefined);
});

test('storyOf() leaves out a quiet lead, and keeps it when something was lost in it', () => {
  const story = storyOf({ title: '', entries: WITH, containers: ['rails'] });
  assert.equal(story.from, T - 0.15 * 30_265);
  assert.equal(storyOf({ title: '', entries: CRASH_LOOP, containers: [] }).from, T - 40_000);
});

test("storyOf() marks the grace period's end only when the story came near it", () => {
  assert.deepEqual(markLabels(WITH), [
    'pod deleted',
    'drain cut off by drain-kept-max, +10.2 s',
    'grace period ends, +30 s',
  ]);
  assert.deepEqual(markLabels(CRASH_LOOP), ['pod not ready, -37 s', 'pod deleted']);
});

test('lanesOf() and storyOf() keep spans in order and within the story when entries are anything', () => {
  fc.assert(
    fc.property(anyEntries, ({ entries, text }) => {
      const { lanes, from, until } = storyOf({ title: text, entries, containers: [text, 'other'] });
      for (const { spans } of lanes) {
        for (const [i, span] of spans.entries()) {
          assert.ok(span.until > span.from && span.until > from && span.until <= until);
          assert.ok(span.from >= (spans[i - 1]?.until ?? -Infinity));
        }
      }
    }),
  );
});
