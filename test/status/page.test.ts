import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { CONTENT_SECURITY_POLICY, renderPage } from '../../lib/status/page.ts';
import type { Status } from '../../lib/status/status.ts';
import { EVERY, T } from '../timeline/entries.ts';
import { anyText, withText } from '../timeline/outside.ts';
import { elements } from '../timeline/well-formed.ts';
import { BAD_SETTINGS, DRAINING, NOT_READY, RESTARTING, SERVING, STATUSES, STOPPED } from './statuses.ts';

/** @returns what a reader sees above the containers, as text. */
function top(status: Status): string {
  const [, main = ''] = renderPage(status).split('</header>');
  const [first = ''] = main.split('<h2>Containers</h2>');
  return first
    .replaceAll(/<[^>]*>/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

/** @returns the rows of the readiness, without their times. */
function changesShown(status: Status): string[] {
  const rows = renderPage(status).matchAll(/<td>((?:NOT )?READY<\/td><td>[^<]*)</gu);
  return [...rows].map(([, row]) => row ?? '');
}

test('renderPage() answers first: is it ready, what blocks it, what a drain waits for, what was lost', () => {
  assert.equal(top(SERVING), 'READY 2 critical containers, none of which blocks.');
  assert.equal(
    top(NOT_READY),
    'NOT READY auth: HTTP 503 from http://127.0.0.1:4000/healthz , for 2 min 5 s rails: no result yet , for 4 s',
  );
  assert.match(
    top(DRAINING),
    /DRAINING .*Waits for 4 requests in flight \(1 of them in doubt\) : 14\.9 s more at most$/u,
  );
  assert.match(
    top(STOPPED),
    /May have been cut: rails released: drain over; 3 requests in flight and 1 in doubt/u,
  );
  assert.match(top(BAD_SETTINGS), /BAD SETTINGS 5 problems in the annotations/u);
  assert.match(
    top(STOPPED),
    /NOT READY drain: rails was released to stop , for .*; a normal termination, no fault/u,
  );
  assert.match(renderPage(STOPPED), /<section class="answer turn"><h2>NOT READY/u);
  assert.match(renderPage(NOT_READY), /<section class="answer bad"><h2>NOT READY/u);
  assert.match(top({ ...SERVING, ready: false }), /NOT READY No reason is known yet/u);
});

test("renderPage() says that the machine's clock was set, where it was", () => {
  assert.doesNotMatch(renderPage(SERVING), /set meanwhile/u);
  assert.match(
    renderPage({ ...SERVING, clockAheadMs: 3_600_000 }),
    /UTC; the machine&#39;s clock, set meanwhile, is 1 h ahead</u,
  );
  assert.match(renderPage({ ...SERVING, clockAheadMs: -2500 }), /clock, set meanwhile, is 2.5 s behind</u);
});

test('renderPage() shows when the pod became ready or not, the newest on top, and because of whom', () => {
  const changes = Array.from({ length: 30 }, (_, i) => ({
    at: T - 30_000 + i * 1000,
    ready: i % 2 === 1,
    because: [`auth: answer ${i}`],
  }));
  assert.deepEqual(changesShown(SERVING), [
    'READY</td><td>auth: port 4000 listens',
    'NOT READY</td><td>auth: no result yet',
  ]);
  const shown = changesShown({ ...SERVING, readinessChanges: changes });
  assert.deepEqual([shown.length, shown[0]], [10, 'READY</td><td>auth: answer 29']);
  assert.doesNotMatch(renderPage({ ...SERVING, readinessChanges: [] }), /<h2>Readiness/u);
});

test('renderPage() tells of a restart what it waits for, and nothing of a termination', () => {
  assert.match(
    top(RESTARTING),
    /DRAINING A restart of single containers; the pod stays; .* Waits for rails, which restarts, to stop : 3\.6 s more at most$/u,
  );
  const page = renderPage(RESTARTING);
  assert.match(page, /<h2>Restart<\/h2>/u);
  for (const word of ['Deadlines', '<dt>New connections</dt>']) {
    assert.ok(!page.includes(word), word);
    assert.ok(renderPage(DRAINING).includes(word), word);
  }
});

test('renderPage() shows each deadline of a termination, and whether new connections have come', () => {
  const page = renderPage(DRAINING);
  assert.match(page, /Deadlines/u);
  const inOrder = [...page.matchAll(/<td>([^<]*): [^<]*<\/td><\/tr>/gu)].map(([, name]) => name);
  assert.deepEqual(inOrder.slice(0, 4), ['drain-min', 'drain-kept-max', 'drain-arrivals-max', 'drain-max']);
  assert.match(page, /ended; 38 connections since the drain began/u);
  const arrivals = { state: 'arriving', lastArrivalAt: null, count: 0 } as const;
  const quiet = renderPage({ ...DRAINING, drain: { ...DRAINING.drain, arrivals } });
  assert.match(quiet, /none since the drain began; not long enough to call that their end/u);
});

test('renderPage() says in the title what the page says on top', () => {
  assert.match(renderPage(DRAINING), /<title>DRAINING, READY: rails-auth-7d9f8b6c5d-x2x7k<\/title>/u);
});

test('renderPage() lists every problem of the settings', () => {
  const page = renderPage(BAD_SETTINGS);
  assert.equal([...page.matchAll(/<li>[^<]*podusher\.dev/gu)].length, 5);
});

test('renderPage() says whose requests the total counts, and why a source is used', () => {
  const sources = {
    ...DRAINING.sources,
    arrivals: { used: 'none', because: 'They are read in drains only' },
  };
  const page = renderPage({ ...DRAINING, sources });
  assert.match(page, /<dt>In flight, from outside the pod<\/dt>/u);
  assert.match(page, /<dd>none: They are read in drains only<\/dd>/u);
  assert.match(page, /thead th\{white-space:nowrap;/u);
});

test('renderPage() reloads itself without a script, sooner in a drain', () => {
  assert.match(renderPage(SERVING), /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/u);
  assert.match(renderPage(DRAINING), /<noscript><meta http-equiv="refresh" content="2"><\/noscript>/u);
});

test('renderPage() asks nobody for anything: one style, one script, no address elsewhere', () => {
  for (const [name, status] of Object.entries(STATUSES)) {
    const page = renderPage(status);
    const names = elements(page, 'html');
    assert.equal(names.filter(element => element === 'script').length, 1, name);
    assert.equal(names.filter(element => element === 'style').length, 1, name);
    const allowed = new Set(['data:,', '/ready?verbose', '/status', '/metrics', '#settings']);
    for (const [, href = ''] of page.matchAll(/ (?:href|src)="([^"]*)"/gu))
      assert.ok(allowed.has(href), href);
    assert.doesNotMatch(page, / style="/u);
  }
});

test('CONTENT_SECURITY_POLICY names the very style and script of the page', () => {
  const page = renderPage(SERVING);
  for (const element of ['style', 'script']) {
    const [, content = ''] = new RegExp(`<${element}>(.*?)</${element}>`, 'su').exec(page) ?? [];
    const hash = createHash('sha256').update(content).digest('base64');
    const directive = `${element}-src 'sha256-${hash}'`;
    assert.ok(CONTENT_SECURITY_POLICY.includes(directive), `lib/status/page.ts should have ${directive}`);
  }
});

/** @returns a status with a text in every field that may come from outside. */
function pervaded(text: string): Status {
  const [rails] = DRAINING.containers;
  return {
    ...DRAINING,
    name: text,
    version: text,
    ready: false,
    blockers: [{ reason: text, since: T, isNormal: false }],
    settings: { ...DRAINING.settings, hash: text, annotationsFile: text, problems: [text, text] },
    containers: (rails === undefined ? [] : [rails]).map(container => ({
      ...container,
      name: text,
      dependsOn: [text],
      verdict: { ...container.verdict, reason: text },
      shutdown: { ...container.shutdown, because: text },
    })),
    drain: { ...DRAINING.drain, evidence: text, waitsFor: [{ what: text, untilAt: T }] },
    sources: { sockets: { used: text, because: text }, arrivals: { used: text, because: text } },
    timeline: Object.values(EVERY).map(entry => withText(entry, text)),
  };
}

test('renderPage() has the same elements whatever names and reasons are', () => {
  const shape = elements(renderPage(pervaded('rails')), 'html');
  fc.assert(
    fc.property(anyText, text => {
      assert.deepEqual(elements(renderPage(pervaded(text)), 'html'), shape);
    }),
    { numRuns: 60 },
  );
});

test('renderPage() does not throw when times are impossible', () => {
  const page = renderPage({ ...SERVING, now: Number.NaN, startedAt: 1e300 });
  assert.match(page, /as of/u);
});
