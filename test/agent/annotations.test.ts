/** Annotations on a live pod: good edits take effect, bad ones change nothing, and all that is wrong is told. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type Agent, startAgent } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { portsOf, startPod } from './pod.ts';
import { assertHeld } from './timing.ts';
import { until } from './until.ts';
import { formatted } from './volume.ts';

const GOOD = { 'podusher.dev/drain-min': '2s', 'podusher.dev/grace-period': '30s' };
const BAD = {
  ...GOOD,
  'podusher.dev/drain-max': 'for ever',
  'podusher.dev/ready-during-drain': 'perhaps',
  'stop-timeout.podusher.dev/app': '-1s',
  'podusher.dev/drian-min': '1s',
};

/** What is wrong with `BAD`, each in a problem of its own. */
const WRONG = [/"for ever"/, /"perhaps"/, /"-1s"/, /did you mean "drain-min"/];

function assertAll(problems: readonly string[], patterns: readonly RegExp[]): void {
  assert.equal(problems.length, patterns.length, problems.join('\n'));
  for (const pattern of patterns) {
    assert.equal(problems.filter(problem => pattern.test(problem)).length, 1, `${pattern}`);
  }
}

/** @returns the problems in `/status` once there are some. */
function problemsOf(agent: Agent): Promise<readonly string[]> {
  return until('problems in /status', async () => {
    const { problems } = (await agent.status()).settings;
    return problems.length > 0 ? problems : undefined;
  });
}

function healed(agent: Agent): Promise<boolean> {
  return until('no problems in /status', async () => {
    return (await agent.status()).settings.problems.length === 0 ? true : undefined;
  });
}

describe('the annotations', { concurrency: true, timeout: 120_000 }, () => {
  it('take effect when they are edited, and /status tells their hash and time', async context => {
    const agent = await startAgent(context, { annotations: { ...GOOD, 'example.com/other': '1' } });
    const before = (await agent.status()).settings;
    assert.equal(before.values?.drainMinMs, 2000);
    await agent.annotate({ ...GOOD, 'podusher.dev/drain-min': '3s' });
    const after = (await agent.status()).settings;
    assert.equal(after.values?.drainMinMs, 3000);
    assert.notEqual(after.hash, before.hash);
    assert.ok(after.appliedAt > before.appliedAt);
    await agent.annotate({ 'example.com/other': '2', ...GOOD });
    assert.equal((await agent.status()).settings.hash, before.hash);
  });

  it('are those of the last edit when many come at once', async context => {
    const agent = await startAgent(context, { annotations: GOOD });
    for (let seconds = 1; seconds <= 20; seconds += 1) {
      agent.volume.write({ ...GOOD, 'podusher.dev/drain-min': `${seconds}s` });
    }
    await until('the last edit', async () => {
      return (await agent.status()).settings.values?.drainMinMs === 20_000 ? true : undefined;
    });
  });

  it('stay as they were in a drain that goes on', async context => {
    const { agent, apps } = await startPod(context, { annotations: GOOD });
    const hook = agent.terminate('app');
    await agent.logged('the pod terminates');
    const { hash } = (await agent.status()).settings;
    agent.volume.write({ ...portsOf(apps), 'podusher.dev/drain-min': '20s' });
    agent.volume.write({ ...portsOf(apps), ...BAD });
    assertAll(await problemsOf(agent), WRONG);
    assert.equal((await agent.status()).settings.hash, hash);
    await assertHeld(agent, hook('app'), 2000);
  });

  it('change nothing when an edit is bad, and all its problems are told', async context => {
    const { agent } = await startPod(context, { annotations: GOOD });
    const { hash } = (await agent.status()).settings;
    agent.volume.write(BAD);
    assertAll(await problemsOf(agent), WRONG);
    const { settings, ready } = await agent.status();
    assert.deepEqual([settings.hash, settings.values?.drainMinMs, ready], [hash, 2000, true]);
    const line = await agent.logged('The annotations are bad');
    assert.equal(line.level, 'error');
    assert.deepEqual(line['problems'], settings.problems);
    assert.equal((await metricsOf(agent)).value('podusher_settings_problems'), WRONG.length);
    await agent.annotate({ ...GOOD, 'podusher.dev/drain-min': '3s' });
    assert.equal((await metricsOf(agent)).value('podusher_settings_problems'), 0);
  });

  it('may be bad from the start: /ready tells all, hooks are held drain-min, and an edit heals', async context => {
    const { agent, apps } = await startPod(context, { annotations: BAD });
    assertAll((await agent.status()).settings.problems, WRONG);
    assert.equal((await agent.status()).settings.values, null);
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    for (const pattern of WRONG) assert.match(body, pattern);
    assert.equal((await agent.get('/livez')).status, 200);
    assert.equal((await agent.get('/')).status, 200);
    await assertHeld(agent, agent.hook('app'), 2000);
    agent.volume.write({ ...GOOD, ...portsOf(apps) });
    await until('/ready to be 200', async () => {
      return (await agent.get('/ready')).status === 200 ? true : undefined;
    });
    await healed(agent);
  });

  it('may contradict each other: a cycle is shown, and what does not fit is calculated', async context => {
    const agent = await startAgent(context, {
      annotations: {
        'depends-on.podusher.dev/rails': 'auth',
        'depends-on.podusher.dev/auth': 'rails',
        'podusher.dev/containers': 'rails, auth',
        'podusher.dev/non-critical': 'statsd',
      },
    });
    const problems = await problemsOf(agent);
    assert.ok(
      problems.some(problem => /rails → auth → rails|auth → rails → auth/.test(problem)),
      problems.join(),
    );
    assert.ok(
      problems.some(problem => problem.includes('statsd')),
      problems.join(),
    );
    agent.volume.write({ 'podusher.dev/grace-period': '8s', 'stop-timeout.podusher.dev/rails': '6s' });
    const unfit = await until('the other problem', async () => {
      const found = (await agent.status()).settings.problems;
      return found.find(problem => problem.startsWith('budget'));
    });
    assert.match(unfit, /grace-period 8s − rails 6s leaves the drain 2s, less than drain-min 5s/);
  });

  for (const [name, spoil, problem] of [
    ['unreadable', agent => agent.volume.writeUnreadable(), /Cannot be read \(NOT_A_FILE\)/],
    [
      'cut short',
      agent => agent.volume.writeText(formatted(GOOD).slice(0, -3)),
      /Line 2.* is not an annotation/,
    ],
    ['without end', agent => agent.volume.writeText('a'.repeat(2 ** 21)), /The file is too long/],
    ['bytes', agent => agent.volume.writeText(Uint8Array.from([0, 255, 10, 34, 61])), /is not an annotation/],
    ['emptied', agent => writeFileSync(agent.volume.file, ''), /Is empty, and was not before/],
    ['gone', agent => rmSync(agent.volume.file), /Cannot be read \(ENOENT\)/],
  ] as const satisfies readonly (readonly [string, (agent: Agent) => void, RegExp])[]) {
    it(`stay in effect when the file is ${name}`, async context => {
      const agent = await startAgent(context, { annotations: GOOD });
      const { hash } = (await agent.status()).settings;
      spoil(agent);
      const problems = await problemsOf(agent);
      assertAll(problems, [problem]);
      assert.ok(problems.join().length < 2000, 'a problem is as long as the file');
      const { settings } = await agent.status();
      assert.deepEqual([settings.hash, settings.values?.drainMinMs], [hash, 2000]);
    });
  }

  it('may be bad from the start and then emptied: that heals nothing', async context => {
    const agent = await startAgent(context, { annotations: BAD });
    writeFileSync(agent.volume.file, '');
    await until('the other problem', async () => {
      const { problems } = (await agent.status()).settings;
      return problems.some(problem => problem.includes('Is empty')) ? true : undefined;
    });
    assert.equal((await agent.get('/ready')).status, 503);
    agent.volume.write(GOOD);
    await healed(agent);
  });

  it('may be an empty file at the start, and be filled later', async context => {
    const agent = await startAgent(context, { prepare: volume => volume.writeText('') });
    assert.deepEqual(
      [(await agent.status()).settings.problems, (await agent.get('/ready')).status],
      [[], 200],
    );
    await agent.annotate(GOOD);
    assert.equal((await agent.status()).settings.values?.drainMinMs, 2000);
  });

  it('may be unreadable from the start, and heal', async context => {
    const agent = await startAgent(context, { prepare: volume => volume.writeUnreadable() });
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    assert.match(body, /Cannot be read \(NOT_A_FILE\)/);
    agent.volume.write(GOOD);
    await healed(agent);
    assert.equal((await agent.get('/ready')).status, 200);
  });
});
