/** Who is released when: waves by `depends-on`, with servers that really stop, and the agent last. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, keptConnection } from './http.ts';
import { startPair, startPod } from './pod.ts';
import { assertHeld, assertOnTime, assertPrompt } from './timing.ts';
import { now, until } from './until.ts';

const RAILS_DEPENDS_ON_AUTH = {
  'depends-on.podusher.dev/rails': 'auth',
  'podusher.dev/drain-min': '1s',
} as const;

/** From a container's end to the next one's release: two samples must show it gone. */
const SEEN_WITHIN_MS = 500;

describe('a termination', { concurrency: true, timeout: 120_000 }, () => {
  it('was a false alarm when the pod still lives 10 s after the grace period', async context => {
    const { agent } = await startPod(context, {
      annotations: {
        'podusher.dev/grace-period': '1s',
        'podusher.dev/drain-min': '500ms',
        'stop-timeout.podusher.dev/app': '0s',
      },
    });
    const hook = agent.terminate('app');
    await assertHeld(agent, hook('app'), 500);
    await assertHeld(agent, hook('podusher'), 1000);
    assert.equal((await agent.get('/ready')).status, 503);
    const { at } = await until('the healing', async () => {
      const ready = await agent.get('/ready');
      return ready.status === 200 ? ready : undefined;
    });
    assertOnTime(agent, at, hook('app').calledAt + 11_000);
    assert.equal((await agent.status()).drain.phase, 'serving');
    await assertHeld(agent, agent.hook('app'), 500, 1500);
  });

  it('releases rails, auth and the agent one after the other, as each has stopped', async context => {
    const { agent, apps } = await startPair(context, { annotations: RAILS_DEPENDS_ON_AUTH });
    const hook = agent.terminate('rails', 'auth');
    const rails = await hook('rails').answer;
    assert.equal(rails.headers.connection, 'close');
    assert.equal(rails.body, 'Released: drain over\n');
    await sleep(700);
    apps.rails.stop();
    const auth = await hook('auth').answer;
    assert.equal(auth.body, 'Released: dependents stopped\n');
    assertOnTime(agent, auth.at, apps.rails.stoppedAt ?? Number.NaN, SEEN_WITHIN_MS);
    await sleep(300);
    apps.auth.stop();
    const own = await hook('podusher').answer;
    assert.equal(own.body, 'Released: all others stopped\n');
    assertOnTime(agent, own.at, apps.auth.stoppedAt ?? Number.NaN, SEEN_WITHIN_MS);
    assert.equal((await agent.status()).drain.phase, 'stopped');
    agent.signal('SIGTERM');
    assert.equal((await agent.left()).code, 0);
  });

  it('holds auth to the very end when rails lives on', async context => {
    const { agent } = await startPair(context, {
      annotations: {
        ...RAILS_DEPENDS_ON_AUTH,
        'podusher.dev/grace-period': '5s',
        'stop-timeout.podusher.dev/rails': '2s',
      },
    });
    const hook = agent.terminate('rails', 'auth');
    await assertHeld(agent, hook('rails'), 1000);
    const auth = await assertHeld(agent, hook('auth'), 5000);
    assert.equal(auth.body, 'Released: its time is up\n');
    await assertHeld(agent, hook('podusher'), 5000);
  });

  it('holds auth while rails, its listener closed, works on', async context => {
    const { agent, apps } = await startPair(context, { annotations: RAILS_DEPENDS_ON_AUTH });
    const keep = keptConnection();
    const traffic = { port: apps.rails.port, from: agent.outside, keep };
    await ask(traffic);
    const hook = agent.terminate('rails', 'auth');
    await hook('rails').answer;
    const asked = ask({ ...traffic, path: '/?ms=1500' });
    await until('the request', () => (apps.rails.inFlight === 1 ? true : undefined));
    apps.rails.closeListener();
    await asked;
    const goneAt = now();
    keep.destroy();
    assertOnTime(agent, (await hook('auth').answer).at, goneAt, SEEN_WITHIN_MS);
  });

  it('releases rails with drain-min when auth has crashed, and is not ready', async context => {
    const { agent, apps } = await startPair(context, { annotations: RAILS_DEPENDS_ON_AUTH });
    const asked = ask({ port: apps.rails.port, from: agent.outside, path: '/?ms=4000' });
    await until('the request', () => (apps.rails.inFlight === 1 ? true : undefined));
    apps.auth.stop();
    const hook = agent.terminate('rails');
    const { body } = await assertHeld(agent, hook('rails'), 1000, SEEN_WITHIN_MS);
    assert.equal(body, 'Released: dependency gone\n');
    const ready = await agent.get('/ready');
    assert.equal(ready.status, 503);
    assert.match(ready.body, /\[-\]drain failed: rails depends on auth, which is gone/);
    await asked;
  });

  it('does not wait for a native sidecar that the kubelet stops after the agent', async context => {
    const { agent, apps } = await startPair(context, {
      annotations: {
        'podusher.dev/native-sidecars': 'auth, podusher',
        'podusher.dev/drain-min': '1s',
      },
    });
    const hook = agent.terminate('rails', 'auth');
    await hook('rails').answer;
    apps.rails.stop();
    const own = await hook('podusher').answer;
    assertOnTime(agent, own.at, apps.rails.stoppedAt ?? Number.NaN, SEEN_WITHIN_MS);
    assert.equal(apps.auth.stoppedAt, undefined);
    agent.signal('SIGTERM');
    assert.equal((await agent.left()).code, 0);
    assert.equal((await hook('auth').answer).status, 200);
  });

  it('waits for a native sidecar that the kubelet stops before the agent', async context => {
    const { agent, apps } = await startPair(context, {
      annotations: {
        'podusher.dev/native-sidecars': 'podusher, auth',
        'podusher.dev/drain-min': '1s',
      },
    });
    const hook = agent.terminate('rails', 'auth');
    await hook('rails').answer;
    apps.rails.stop();
    await agent.logged('rails stopped');
    await sleep(500);
    apps.auth.stop();
    const own = await hook('podusher').answer;
    assertOnTime(agent, own.at, apps.auth.stoppedAt ?? Number.NaN, SEEN_WITHIN_MS);
  });

  it('makes the drain-action when it has settled, once', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: ({ app }) => ({
        'podusher.dev/drain-min': '1s',
        'drain-action.podusher.dev/app': `POST http://:${app.port}/drain/begin`,
      }),
    });
    const hook = agent.terminate('app');
    await agent.logged('app drain-action done');
    await hook('app').answer;
    assert.deepEqual(apps.app.others, ['POST /drain/begin']);
  });

  it('releases a bare hook, which names no container, when all is drained', async context => {
    const { agent, apps } = await startPod(context, { annotations: { 'podusher.dev/drain-min': '1s' } });
    const asked = ask({ port: apps.app.port, from: agent.outside, path: '/?ms=2000' });
    await until('the request', () => (apps.app.inFlight === 1 ? true : undefined));
    const [bare, own] = [agent.hook(null), agent.hook('podusher')];
    await asked;
    const { at, body } = await bare.answer;
    assert.equal(body, 'Released: drain over\n');
    assertOnTime(agent, at, apps.app.answeredAt ?? Number.NaN);
    own.abandon();
  });

  it('goes on without callers that vanish, and answers those that call again', async context => {
    const { agent, apps } = await startPod(context, { annotations: { 'podusher.dev/drain-min': '5s' } });
    const hook = agent.terminate('app');
    await agent.logged('the pod terminates');
    hook('app').abandon();
    await agent.logged('app preStop caller left before its answer');
    // The kubelet has been restarted: it calls all hooks again.
    const again = agent.terminate('app');
    assertOnTime(agent, (await again('app').answer).at, hook('app').calledAt + 5000);
    apps.app.stop();
    assert.equal((await again('podusher').answer).status, 200);
    assert.equal((await hook('podusher').answer).status, 200);
    assertPrompt(agent, await agent.hook('app').answer);
  });
});
