import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { createMetrics } from '../../agent/sidecar/metrics.ts';
import { createStory, type Story } from '../../agent/sidecar/story.ts';
import type { Check, Readiness } from '../../lib/readiness/aggregate.ts';
import { container } from '../drain/pods.ts';

function recorded(): { readonly story: Story; readonly lines: string[] } {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: line => void lines.push(line) });
  return { story: createStory(log, createMetrics()), lines };
}

function notReady(...checks: Check[]): Readiness {
  return { ready: false, checks };
}

const SETTINGS: Check = { name: 'settings', outcome: 'failed', reason: '"1x" is no duration', since: 5 };

test('readiness() does not log problems of the settings, which their adoption does', () => {
  const { story, lines } = recorded();
  story.readiness(notReady(SETTINGS), [], 5);
  story.readiness({ ready: true, checks: [] }, [], 6);
  assert.deepEqual(lines, []);
});

test('readiness() logs a container that is called "settings", with its outcome and the reason', () => {
  const { story, lines } = recorded();
  story.readiness(notReady(SETTINGS), [container('settings')], 5);
  story.readiness(notReady({ ...SETTINGS, reason: 'other words' }), [container('settings')], 6);
  const { check, container: name, outcome, reason } = JSON.parse(lines.join(''));
  assert.deepEqual([check, name, outcome, reason], ['settings', 'settings', 'failed', SETTINGS.reason]);
});

test('readinessChanges has the last changes of the readiness, oldest first, and no more than 30', () => {
  const { story } = recorded();
  for (let at = 1; at <= 40; at += 1) story.readiness(notReady({ ...SETTINGS, since: at }), [], at);
  const { readinessChanges } = story;
  assert.deepEqual(
    [readinessChanges.length, readinessChanges[0]?.at, readinessChanges.at(-1)?.at],
    [30, 11, 40],
  );
});
