/** What `/ready` says, as containers come, fail, restart and go. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import type { Answer } from './http.ts';
import type { Agent } from './launch.ts';
import { startPair, startPod } from './pod.ts';
import { assertHeld, assertOnTime } from './timing.ts';
import { now, until } from './until.ts';

/** As the README has it: each second, one failure enough; but patient, for the app is of this busy process. */
function probe({ port }: App, more: Readonly<Record<string, number>> = {}): string {
  const httpGet = { port, path: '/healthz' };
  return JSON.stringify({ httpGet, periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 10, ...more });
}

/** @returns the answer that has this status. */
function readyWith(agent: Agent, status: number, path = '/ready'): Promise<Answer> {
  return until(`${path} with ${status}`, async () => {
    const answer = await agent.get(path);
    return answer.status === status ? answer : undefined;
  });
}

const RELEASED = /\[-\]drain in progress, normal termination: app was released to stop/;

describe('/ready', { concurrency: true, timeout: 120_000 }, () => {
  it('is 503 until the first verdict is in', async context => {
    const { agent } = await startPod(context, {
      annotations: ({ app }) => ({
        'readiness-probe.podusher.dev/app': probe(app, { initialDelaySeconds: 4 }),
      }),
    });
    const { startedAt } = await agent.status();
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    assert.match(body, /^\[-\]app failed: .*\nreadyz check failed\n$/);
    assert.equal((await agent.get('/livez')).status, 200);
    assertOnTime(agent, (await readyWith(agent, 200)).at, startedAt + 4000, 1000);
  });

  it('follows a critical container, in each of its forms', async context => {
    const { agent, apps } = await startPair(context, {
      annotations: ({ rails, auth }) => ({
        'readiness-probe.podusher.dev/rails': probe(rails),
        'readiness-probe.podusher.dev/auth': probe(auth),
      }),
    });
    assert.equal((await readyWith(agent, 200)).body, 'ok');
    apps.auth.healthy = false;
    const failed = `[-]auth failed: HTTP 503 from http://127.0.0.1:${apps.auth.port}/healthz`;
    assert.equal(
      (await readyWith(agent, 503)).body,
      ['[+]rails ok', failed, 'readyz check failed', ''].join('\n'),
    );
    assert.equal((await agent.get('/readyz')).status, 503);
    assert.equal((await agent.get('/readyz/auth')).status, 503);
    assert.equal((await agent.get('/readyz/rails')).status, 200);
    assert.equal((await agent.get('/readyz/other')).status, 404);
    assert.equal((await agent.get('/ready?exclude=auth')).status, 200);
    const head = await agent.get('/ready', { method: 'HEAD' });
    assert.deepEqual([head.status, head.body], [503, '']);
    const json = await agent.get('/ready', { headers: { accept: 'application/json' } });
    assert.deepEqual([json.status, json.headers['content-type']], [503, 'application/json']);
    const { ready, checks } = JSON.parse(json.body);
    assert.deepEqual(
      [ready, checks.map(({ name, outcome }: Record<string, string>) => `${name} ${outcome}`)],
      [false, ['rails passed', 'auth failed']],
    );
    const { ready: inStatus, blockers } = await agent.status();
    assert.deepEqual([inStatus, blockers.length], [false, 1]);
    apps.auth.healthy = true;
    await readyWith(agent, 200);
    assert.equal((await agent.get('/ready?verbose')).body, '[+]rails ok\n[+]auth ok\nreadyz check passed\n');
  });

  it('is 200 when a non-critical container fails, and tells of it', async context => {
    const { agent, apps } = await startPair(context, {
      annotations: ({ auth }) => ({
        'podusher.dev/non-critical': 'auth',
        'readiness-probe.podusher.dev/auth': probe(auth),
      }),
    });
    await readyWith(agent, 200, '/readyz/auth');
    apps.auth.healthy = false;
    await readyWith(agent, 503, '/readyz/auth');
    assert.match(
      (await readyWith(agent, 200, '/ready?verbose')).body,
      /\[~\]auth failed, non-critical: HTTP 503 .*\n\[\+\]rails ok\nreadyz check passed/,
    );
  });

  it('follows the ports of a container without a probe', async context => {
    const { agent, apps } = await startPod(context);
    await readyWith(agent, 200);
    apps.app.stop();
    const { body } = await readyWith(agent, 503);
    assert.match(body, new RegExp(`\\[-\\]app failed: port ${apps.app.port} does not listen`));
  });

  it('is 503 at the first probe after a container has crashed, until its probe succeeds again', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: ({ app }) => ({
        'readiness-probe.podusher.dev/app': probe(app, { periodSeconds: 4, failureThreshold: 10 }),
      }),
    });
    await readyWith(agent, 200);
    const crashedAt = now();
    apps.app.stop();
    assertOnTime(agent, (await readyWith(agent, 503)).at, crashedAt, 5000);
    await agent.logged(`http://127.0.0.1:${apps.app.port}/healthz refused the connection`);
    apps.app.healthy = false;
    await apps.app.listen();
    await sleep(5000);
    assert.equal((await agent.get('/ready')).status, 503);
    apps.app.healthy = true;
    await readyWith(agent, 200);
  });

  it('is 200 in a termination until a critical container is released', async context => {
    const { agent } = await startPod(context, { annotations: { 'podusher.dev/drain-min': '4s' } });
    await readyWith(agent, 200);
    const { calledAt, answer } = agent.terminate('app')('app');
    const released = new AbortController();
    answer.finally(() => released.abort()).catch(() => {});
    const seen: string[] = [];
    while (!released.signal.aborted) {
      const { status, body } = await agent.get('/ready');
      // The news of the release may come before the answer to the hook does.
      if (!RELEASED.test(body)) seen.push(`${status} ${body}`);
      await sleep(20);
    }
    await assertHeld(agent, { calledAt, answer }, 4000);
    assert.ok(seen.length >= 5, `${seen.length} answers`);
    assert.deepEqual(new Set(seen), new Set(['200 ok']));
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    assert.match(body, RELEASED);
  });

  it('is 503 from the hook on when ready-during-drain is false', async context => {
    const { agent } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '5s', 'podusher.dev/ready-during-drain': 'false' },
    });
    await readyWith(agent, 200);
    const hook = agent.terminate('app');
    await agent.logged('the pod terminates');
    const { status, body } = await agent.get('/ready');
    assert.equal(status, 503);
    assert.match(body, /\[-\]drain in progress, normal termination: ready-during-drain is false/);
    hook('app').abandon();
  });

  it('is 503 while a critical container restarts, and 200 when it is back', async context => {
    const { agent, apps } = await startPair(context, {
      annotations: ({ rails }) => ({
        'readiness-probe.podusher.dev/rails': probe(rails),
        'podusher.dev/drain-min': '2s',
      }),
    });
    await readyWith(agent, 200);
    const hook = agent.hook('rails');
    const { body, at } = await readyWith(agent, 503);
    assert.match(body, /\[-\]drain failed: rails restarts/);
    assertOnTime(agent, at, hook.calledAt, 1500);
    const answer = await assertHeld(agent, hook, 2000);
    assert.equal(answer.body, 'Released: restart drained\n');
    apps.rails.stop();
    await agent.logged('rails stopped: nothing of it is left to be seen');
    assert.match((await agent.get('/ready')).body, /\[-\]rails failed: /);
    await apps.rails.listen();
    await readyWith(agent, 200);
    assert.equal((await agent.status()).drain.phase, 'serving');
  });

  it('is 200 while a non-critical container restarts', async context => {
    const { agent } = await startPair(context, {
      annotations: { 'podusher.dev/non-critical': 'auth', 'podusher.dev/drain-min': '1s' },
    });
    await readyWith(agent, 200);
    const hook = agent.hook('auth');
    await agent.logged('auth restarts');
    assert.equal((await agent.get('/ready')).status, 200);
    assert.equal((await hook.answer).body, 'Released: restart drained\n');
    assert.equal((await agent.get('/ready')).status, 200);
  });
});
