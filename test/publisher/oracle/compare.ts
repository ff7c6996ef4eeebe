/**
 * Kubernetes' own reconciler and selectors beside ours, over the same histories: `npm run test:publisher-oracle`, which
 * needs Go. It is no part of `npm test`, which does not.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { matches, parseSelector } from '../../../lib/publisher/selector.ts';
import { Cluster, type Told } from '../cluster.ts';
import { history } from '../history.ts';
import { saidBy } from '../said.ts';
import { type Json, Server } from '../server.ts';

interface Answer {
  readonly slices?: readonly Json[];
  readonly creates: number;
  readonly updates: number;
  readonly deletes: number;
  readonly parses: boolean;
  readonly matches?: readonly boolean[];
}

const HISTORIES = 400;
const SELECTORS = 10_000;
/** Of the oracle's. */
const MOST_WRITES = 1.1;
const MOST_SLICES = 1.05;

const scratch = mkdtempSync(join(tmpdir(), 'podusher-oracle-'));
const oracle = join(scratch, 'oracle');

before(
  () => {
    execFileSync('go', ['build', '-o', oracle, '.'], {
      cwd: import.meta.dirname,
      env: { ...process.env, GOFLAGS: '-mod=mod' },
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 1_800_000,
    });
  },
  { timeout: 1_800_000 },
);
after(() => rmSync(scratch, { recursive: true }));

/** @returns the answers, one for each line that was asked. */
function ask(lines: readonly object[]): readonly Answer[] {
  const { stdout, stderr, status } = spawnSync(oracle, {
    input: lines.map(line => `${JSON.stringify(line)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: 600_000,
  });
  assert.equal(status, 0, stderr);
  const answers: Answer[] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  assert.equal(answers.length, lines.length);
  return answers;
}

test('reconcile() publishes what the built-in reconciler does, with hardly more writes', {
  timeout: 900_000,
}, () => {
  const histories = fc.sample(history, { numRuns: HISTORIES, seed: 20_261_122 });
  const told: Told[][] = histories.map(steps => {
    const cluster = new Cluster(false);
    return [cluster.first(), ...steps.map(step => cluster.apply(step))];
  });
  const answers = ask(told.flatMap(steps => [{ reset: true }, ...steps]));
  const writes = { ours: 0, theirs: 0 };
  const slices = { ours: 0, theirs: 0 };
  const counts = { steps: 0, endpoints: 0 };
  let at = 0;
  told.forEach((steps, index) => {
    at++;
    const server = new Server();
    steps.forEach((step, number) => {
      const answer = answers[at++];
      assert.ok(answer?.slices);
      server.take(step);
      const plan = server.reconcile();
      const where = `history ${index}, step ${number}: ${JSON.stringify(histories[index])}`;
      const said = saidBy([...server.slices.values()]);
      assert.deepEqual(said, saidBy(answer.slices), where);
      assert.ok(said.length > 0 || server.slices.size > 0, where);
      writes.ours += plan.writes.length;
      writes.theirs += answer.creates + answer.updates + answer.deletes;
      slices.ours += server.slices.size;
      slices.theirs += answer.slices.length;
      counts.steps++;
      counts.endpoints += said.length;
    });
  });
  const summary = `${HISTORIES} histories, ${counts.steps} steps, ${counts.endpoints} endpoints compared; writes ${writes.ours} to ${writes.theirs}, slices ${slices.ours} to ${slices.theirs}`;
  process.stdout.write(`${summary}\n`);
  assert.ok(writes.ours <= MOST_WRITES * writes.theirs, summary);
  assert.ok(slices.ours <= MOST_SLICES * slices.theirs, summary);
  assert.ok(counts.endpoints > 50 * HISTORIES, `the histories have endpoints: ${summary}`);
});

const good = fc.constantFrom('a', 'b', 'app', 'in', 'notin', 'example.com/a', '7', '10');
const bad = fc.constantFrom('', '-a', 'B.c_d', 'x/y/z', 'a=', '99999999999999999999', '\u00e9');
const word = fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: bad });
const space = fc.constantFrom('', '', '', ' ', '\t ', '\n');
const set = fc.array(word, { maxLength: 4 }).map(words => `(${words.join(',')})`);
const exact = fc.tuple(fc.constantFrom('=', '==', '!=', '>', '<'), space, word);
const among = fc.tuple(fc.constantFrom(' in ', ' notin ', '\tin'), space, set);
const odd = fc.tuple(fc.constantFrom('!', '===', '=!', '= =', ' in', '='), space, fc.oneof(word, set));
const rest = fc.oneof(
  { weight: 4, arbitrary: exact },
  { weight: 4, arbitrary: among },
  { weight: 2, arbitrary: fc.constant(['']) },
  { weight: 1, arbitrary: odd },
);
const not = fc.constantFrom('', '', '', '', '', '!');
const requirement = fc
  .tuple(not, space, word, space, rest, space)
  .map(([first, leading, key, between, end, trailing]) =>
    [first, leading, key, between, ...end, trailing].join(''),
  );
const selector = fc.oneof(
  { weight: 4, arbitrary: fc.array(requirement, { minLength: 1, maxLength: 3 }).map(all => all.join(',')) },
  { weight: 1, arbitrary: fc.stringMatching(/^[ab7=!<>(), in]{1,12}$/) },
);
const someLabels = fc.dictionary(
  fc.constantFrom('a', 'b', 'app', 'in', 'notin', 'example.com/a', '7'),
  fc.constantFrom('a', 'b', '', '7', '10', 'in', '99999999999999999999', 'B.c_d'),
  { maxKeys: 5 },
);

test('parseSelector() and matches() agree with kubectl -l', { timeout: 300_000 }, () => {
  const asked = fc
    .sample(fc.record({ selector, labels: fc.array(someLabels, { minLength: 4, maxLength: 4 }) }), {
      numRuns: SELECTORS,
      seed: 20_261_122,
    })
    // The empty one is refused here.
    .filter(one => one.selector.trim() !== '');
  const answers = ask(asked);
  let parsed = 0;
  asked.forEach(({ selector: text, labels }, index) => {
    const read = parseSelector(text);
    assert.equal(
      read.ok,
      answers[index]?.parses,
      `${JSON.stringify(text)} ${read.ok ? '' : read.problems.join()}`,
    );
    if (!read.ok) return;
    parsed++;
    const ours = labels.map(one => matches(read.value, new Map(Object.entries(one))));
    assert.deepEqual(ours, answers[index]?.matches, JSON.stringify({ text, labels }));
  });
  process.stdout.write(`${asked.length} selectors compared, ${parsed} of them good\n`);
  assert.ok(parsed > asked.length / 4);
});
