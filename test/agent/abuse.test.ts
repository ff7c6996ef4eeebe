/** Clients that no kubelet is: too slow, too long, or nonsense. The agent goes on, in bounded memory. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { metricsOf } from './metrics-text.ts';
import { assertBetween, startPod } from './pod.ts';
import { rawClient, statusesIn } from './raw.ts';
import { assertHeld, assertOnTime, assertPrompt } from './timing.ts';
import { now, until, within } from './until.ts';

const GROWTH_MIB = 64;

/** What V8 may take there, about: a container of 128 MiB is what the examples give the agent. */
const AS_IN_128_MIB = '--max-old-space-size=48 --max-semi-space-size=1';

describe('an agent', { concurrency: true, timeout: 120_000 }, () => {
  it('ends connections on which no request comes, or one too slowly', async context => {
    const { agent } = await startPod(context);
    const before = agent.memory();
    const openedAt = now();
    const silent = Array.from({ length: 200 }, () => rawClient(context, agent.port));
    const slow = Array.from({ length: 200 }, () => rawClient(context, agent.port, 'GET /ready HTTP/1.1\r\n'));
    const dripping = slow.slice(0, 100);
    const drip = setInterval(() => {
      for (const { socket } of dripping) if (socket.writable) socket.write('X-A: b\r\n');
    }, 250);
    context.after(() => clearInterval(drip));
    await within('the end of all', Promise.all([...silent, ...slow].map(({ closed }) => closed)));
    // Each has 5 s from when it was accepted, and is looked for each second.
    assertOnTime(agent, now(), openedAt + 5000, 3000);
    assert.ok(slow.every(({ heard }) => heard === ''));
    assertPrompt(agent, await agent.get('/livez'));
    assertBetween(agent.memory().peakMiB - before.nowMiB, 0, GROWTH_MIB);
  });

  it('ends connections on which many requests come at once', async context => {
    const { agent } = await startPod(context);
    const before = agent.memory();
    for (const path of ['/metrics', '/status', '/', '/ready']) {
      const many = rawClient(context, agent.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(1500));
      assert.ok(statusesIn(await within('the end', many.closed)).length <= 8);
    }
    assertPrompt(agent, await agent.get('/livez'));
    assertBetween(agent.memory().peakMiB - before.nowMiB, 0, GROWTH_MIB);
  });

  it('survives many connections with as many requests as one reading takes', async context => {
    const { agent } = await startPod(context, { environment: { NODE_OPTIONS: AS_IN_128_MIB } });
    const text = 'GET /ready HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1500);
    for (let round = 0; round < 3; round += 1) {
      const many = Array.from({ length: 60 }, () => rawClient(context, agent.port, text));
      await within('the end of all', Promise.all(many.map(({ closed }) => closed)));
    }
    assertPrompt(agent, await agent.get('/ready'));
    // Parsing 270,000 requests would take 5 s.
    const cpuSeconds = (await metricsOf(agent)).value('podusher_cpu_seconds_total');
    assertBetween(cpuSeconds, 0, 2.5);
  });

  it('answers /ready at once, whatever else is asked for', async context => {
    const { agent } = await startPod(context);
    const text = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(8);
    const asked = Array.from({ length: 400 }, () => rawClient(context, agent.port, text));
    await until('the first answer', () => asked.some(({ heard }) => heard !== '') || undefined);
    assert.equal((await agent.get('/ready')).status, 200);
    const answered = asked.reduce((sum, { heard }) => sum + statusesIn(heard).length, 0);
    assertBetween(answered, 1, 3000);
    await until('all answers', () => asked.every(({ heard }) => statusesIn(heard).length === 8) || undefined);
  });

  it('takes hooks that came in while it stood still', async context => {
    const { agent } = await startPod(context, {
      flags: ['--drain-min=0s'],
    });
    const names = ['podusher', 'app'];
    const hooks = names.map(() => rawClient(context, agent.port));
    await until('the connections', () => hooks.every(({ socket }) => !socket.connecting) || undefined);
    await sleep(100);
    agent.signal('SIGSTOP');
    for (const [index, name] of names.entries()) {
      hooks[index]?.socket.write(`GET /drain?container=${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
    }
    await sleep(7000);
    agent.signal('SIGCONT');
    const [own, app] = hooks;
    assert.deepEqual(statusesIn(await within("the app's answer", app?.closed ?? Promise.reject())), [200]);
    assert.ok(own?.heard === '' && own.socket.readable);
  });

  it('reads no bodies', async context => {
    const { agent } = await startPod(context);
    const before = agent.memory();
    const head = 'Host: a\r\nContent-Length: 1000000000\r\n\r\n';
    const posted = rawClient(context, agent.port, `POST /drain HTTP/1.1\r\n${head}`);
    assert.deepEqual(statusesIn(await within('an answer', posted.closed)), [405]);
    const flood = rawClient(context, agent.port, `GET /ready HTTP/1.1\r\n${head}`);
    const pump = setInterval(() => {
      if (flood.socket.writable && !flood.socket.writableNeedDrain)
        flood.socket.write(Buffer.alloc(1_000_000));
    }, 1);
    context.after(() => clearInterval(pump));
    // The answer may be lost: a peer that still sends is answered by a reset.
    await within('an end', flood.closed);
    assertBetween(agent.memory().peakMiB - before.nowMiB, 0, GROWTH_MIB);
  });

  it('answers requests that are pipelined, in their order', async context => {
    const { agent } = await startPod(context);
    const paths = ['/livez', '/none', '/metrics', '/ready', '/', '/status', '/livez'];
    const text = paths.map(path => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');
    const client = rawClient(context, agent.port, text);
    const statuses = await until('all answers', () => {
      const found = statusesIn(client.heard);
      return found.length === paths.length ? found : undefined;
    });
    assert.deepEqual(statuses, [200, 404, 200, 200, 200, 200, 200]);
  });

  it('holds callers without the token for drain-min, a few at a time, and nothing changes', async context => {
    const { agent } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '6s' },
      environment: { PODUSHER_TOKEN: 'sesame' },
    });
    const hooks = Array.from({ length: 100 }, (_, index) =>
      agent.hook('app', index % 2 === 0 ? {} : { authorization: 'Bearer simsim' }),
    );
    const answers = await Promise.all(hooks.map(({ answer }) => answer));
    const held = answers.filter(({ status }) => status === 200);
    assert.equal(held.length, 32);
    for (const { at, tookMs } of held) assertOnTime(agent, at, at - tookMs + 6000, 500);
    for (const answer of answers) if (answer.status !== 200) assertPrompt(agent, answer, 1000);
    const { drain, timeline, ready } = await agent.status();
    assert.deepEqual([drain.phase, timeline, ready], ['serving', [], true]);
    const mine = agent.hook('app', { authorization: 'Bearer sesame' });
    await agent.logged('app preStop hook called');
    assert.equal((await mine.answer).body, 'Released: restart drained\n');
  });

  it('holds the hook of a container that it does not know for drain-min', async context => {
    const { agent } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '2s', 'podusher.dev/containers': 'app' },
    });
    const { body } = await assertHeld(agent, agent.hook('ap'), 2000);
    assert.match(body, /No container of that name; accepted: podusher, app/);
    assert.equal((await agent.status()).drain.phase, 'serving');
  });

  const NONSENSE: readonly (readonly [what: string, bytes: string | Uint8Array, status: number])[] = [
    ['garbage', Uint8Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256), 400],
    ['a TLS handshake', Uint8Array.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['headers of 20 KiB', `GET /ready HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_480)}\r\n\r\n`, 431],
    ['two thousand headers', `GET /ready HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(2000)}\r\n`, 431],
    ['a path of 20 KiB', `GET /${'a'.repeat(20_480)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['two lengths', 'GET /ready HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['no host', 'GET /ready HTTP/1.1\r\n\r\n', 400],
    ['an unknown path', 'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['a broken escape', 'GET /readyz/%zz%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['a null byte', 'GET /readyz/%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['another method', 'DELETE /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
    ['HEAD of /drain', 'HEAD /drain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405],
  ];
  it('refuses nonsense with a status, and goes on', async context => {
    const { agent } = await startPod(context);
    const clients = NONSENSE.map(([what, bytes, status]) => ({
      what,
      status,
      client: rawClient(context, agent.port, bytes),
    }));
    for (const { what, status, client } of clients) {
      const heard = await within(what, client.closed);
      assert.deepEqual(statusesIn(heard), [status], what);
    }
    rawClient(context, agent.port, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
    rawClient(context, agent.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    assert.equal((await agent.get('/drain?container=%00%ff%zz', { method: 'POST' })).status, 405);
    assertPrompt(agent, await agent.get('/livez'));
    assert.equal((await agent.status()).drain.phase, 'serving');
  });
});
