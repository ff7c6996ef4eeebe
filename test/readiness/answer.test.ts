import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { aggregate, type Blocker } from '../../lib/readiness/aggregate.ts';
import { readyAnswer } from '../../lib/readiness/answer.ts';
import type { Verdict } from '../../lib/readiness/verdict.ts';

const container = (name: string, critical: boolean, type: Verdict['type'], reason = 'why') => {
  return { name, critical, verdict: { type, reason, since: 0 } };
};
const rails = container('rails', true, 'ready');
const auth = container('auth', true, 'failed', 'port 4000 does not listen');
const statsd = container('statsd', false, 'failed', 'port 8125 does not listen');
const cron = container('cron', true, 'unobserved', 'it has neither a probe nor ports');
const late = container('late', true, 'pending', 'no probe has ended yet');
const draining: Blocker = { name: 'drain', outcome: 'failed', reason: 'rails restarts', since: 5 };

for (const [what, containers, blockers, ready] of [
  ['there is nothing', [], [], true],
  ['all critical ones are ready', [rails], [], true],
  ['only non-critical ones fail', [rails, statsd], [], true],
  ['one cannot be observed', [rails, cron], [], true],
  ['a critical one fails', [rails, auth], [], false],
  ['a critical one is pending', [rails, late], [], false],
  ['a non-critical one is pending', [rails, { ...late, critical: false }], [], true],
  ['something blocks', [rails], [draining], false],
] as const) {
  test(`aggregate() is ${ready ? '' : 'not '}ready when ${what}`, () => {
    assert.equal(aggregate(containers, blockers).ready, ready);
  });
}

const ask = (
  target: string,
  containers = [rails, auth, statsd, cron],
  blockers: readonly Blocker[] = [],
  accept = '*/*',
) => {
  const url = new URL(target, 'http://agent');
  return readyAnswer(aggregate(containers, blockers), url.pathname, url.searchParams, accept);
};
const askJson = (target: string) =>
  ask(target, [rails, statsd], [draining], 'text/html, application/json;q=0.9');
const text = (...lines: string[]) => lines.map(line => `${line}\n`).join('');

test('readyAnswer() says ok when all is well and nothing more is asked', () => {
  for (const path of ['/ready', '/readyz', '/readyz?exclude=auth']) {
    assert.deepEqual(ask(path, [rails, statsd]), {
      status: 200,
      type: 'text/plain; charset=utf-8',
      body: 'ok',
    });
  }
});

test('readyAnswer() tells every check when verbose is asked', () => {
  const { status, body } = ask('/ready?verbose', [rails, statsd, cron]);
  assert.equal(status, 200);
  assert.equal(
    body,
    text(
      '[+]rails ok',
      '[~]statsd failed, non-critical: port 8125 does not listen',
      '[~]cron unobserved: it has neither a probe nor ports',
      'readyz check passed',
    ),
  );
});

test('readyAnswer() tells every check, blockers first, when one failed', () => {
  const { status, body } = ask('/ready', [rails, auth], [draining]);
  assert.equal(status, 503);
  assert.equal(
    body,
    text(
      '[-]drain failed: rails restarts',
      '[+]rails ok',
      '[-]auth failed: port 4000 does not listen',
      'readyz check failed',
    ),
  );
});

test('readyAnswer() says of a normal termination that it is one, and not that something failed', () => {
  const blocker = {
    name: 'drain',
    outcome: 'terminating',
    reason: 'rails was released to stop',
    since: 5,
  } as const;
  const { status, body } = ask('/ready?verbose', [rails], [blocker]);
  assert.equal(status, 503);
  assert.equal(
    body,
    text(
      '[-]drain in progress, normal termination: rails was released to stop',
      '[+]rails ok',
      'readyz check failed',
    ),
  );
  assert.equal(ask('/readyz/drain', [rails], [blocker]).status, 503);
});

test('readyAnswer() leaves out what is excluded, and says what cannot be', () => {
  assert.equal(ask('/readyz?exclude=auth').body, 'ok');
  assert.equal(
    ask('/readyz?exclude=auth&exclude=nobody&verbose', [rails, auth]).body,
    text(
      '[+]rails ok',
      '[+]auth excluded: ok',
      'warn: some checks cannot be excluded: no matches for "nobody"',
      'readyz check passed',
    ),
  );
  assert.equal(ask('/readyz?exclude=rails').status, 503);
});

test('readyAnswer() warns of an exclusion that matches nothing where it is verbose, as the API server does', () => {
  const warning = 'warn: some checks cannot be excluded: no matches for "nobody"\n';
  assert.equal(ask('/readyz?exclude=nobody', [rails]).body, 'ok');
  assert.ok(ask('/readyz?exclude=nobody&verbose', [rails]).body.includes(warning));
  assert.ok(ask('/readyz?exclude=nobody', [rails, auth]).body.includes(warning));
});

test('readyAnswer() answers for one check by itself, critical or not, when its name is in the path', () => {
  assert.deepEqual([ask('/readyz/rails').status, ask('/readyz/rails').body], [200, 'ok']);
  assert.deepEqual(
    [ask('/readyz/auth').status, ask('/readyz/auth').body],
    [503, '[-]auth failed: port 4000 does not listen\n'],
  );
  assert.equal(ask('/readyz/statsd').status, 503);
  assert.equal(ask('/readyz/cron').status, 200);
  assert.equal(ask('/readyz/drain', [rails], [draining]).status, 503);
  assert.equal(ask('/readyz/drain', [{ ...rails, name: 'drain' }], [draining]).status, 503);
});

test('readyAnswer() names the checks there are when the name is of none', () => {
  assert.deepEqual(ask('/readyz/rials', [rails, auth]), {
    status: 404,
    type: 'text/plain; charset=utf-8',
    body: 'No check is called "rials"; there are: "rails", "auth"\n',
  });
  assert.equal(ask('/readyz/', []).body, 'No check is called ""; there are: none\n');
});

test('readyAnswer() answers in JSON when it is accepted', () => {
  const { status, type, body } = askJson('/ready');
  assert.deepEqual([status, type], [503, 'application/json']);
  const since = new Date(0).toISOString();
  assert.deepEqual(JSON.parse(body), {
    ready: false,
    checks: [
      { name: 'drain', outcome: 'failed', reason: 'rails restarts', since: new Date(5).toISOString() },
      { name: 'rails', outcome: 'passed', reason: 'why', since },
      { name: 'statsd', outcome: 'tolerated', reason: 'port 8125 does not listen', since },
    ],
  });
  assert.deepEqual(JSON.parse(askJson('/readyz/rails').body), {
    ready: true,
    checks: [{ name: 'rails', outcome: 'passed', reason: 'why', since }],
  });
  assert.equal(askJson('/readyz/x').status, 404);
});

test('readyAnswer() agrees with the aggregate in every form, and never throws, for any readiness and path', () => {
  const type = fc.constantFrom<Verdict['type']>('ready', 'failed', 'pending', 'unobserved');
  const containers = fc.array(
    fc
      .record({ name: fc.string(), critical: fc.boolean(), type })
      .map(made => container(made.name, made.critical, made.type)),
  );
  fc.assert(
    fc.property(containers, fc.string({ unit: 'binary' }), (made, name) => {
      const readiness = aggregate(made, []);
      const answers = ['', 'verbose'].flatMap(query =>
        ['', 'application/json'].map(accept =>
          readyAnswer(readiness, '/ready', new URLSearchParams(query), accept),
        ),
      );
      for (const { status } of answers) assert.equal(status === 200, readiness.ready);
      readyAnswer(readiness, `/readyz/${name}`, new URLSearchParams({ exclude: name }), '');
    }),
  );
});
