/** Sources of what is in flight that lie, fail or are refused: unknown is not zero, and it is said. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ask, keptConnection } from './http.ts';
import { PROGRAM } from './launch.ts';
import { metricsOf } from './metrics-text.ts';
import { assertBetween, startPod } from './pod.ts';
import { assertHeld, assertOnTime, LATE_MS } from './timing.ts';
import { now, until } from './until.ts';

/** A gauge that cannot be read, and what is said of it. */
const BROKEN: readonly (readonly [name: string, answer: (response: ServerResponse) => void, said: RegExp])[] =
  [
    ['never answers', () => {}, /did not answer within 1 s|has not answered/],
    ['answers without end', response => pour(response), /answered more than \d+ bytes/],
    ['is not a number', response => response.end('{"running": "three"}'), /\/running is not a number/],
    ['is less than nothing', response => response.end('{"running": -1}'), /"-1"; accepted: a number from 0/],
    ['is not JSON', response => response.end('<html>'), /is not JSON/],
    ['fails', response => response.writeHead(500).end(), /HTTP 500/],
  ];

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
}

describe('a drain', { concurrency: true, timeout: 120_000 }, () => {
  for (const [name, answer, said] of BROKEN) {
    it(`holds until drain-max, and says why, when the gauge ${name}`, async context => {
      const { agent, apps } = await startPod(context, {
        annotations: ({ app }) => ({
          'podusher.dev/drain-min': '1s',
          'podusher.dev/drain-max': '10s',
          'in-flight.podusher.dev/app': `http://:${app.port}/gauge#/running`,
        }),
      });
      const before = agent.memory();
      apps.app.gauge = answer;
      const hook = agent.terminate('app');
      const wait = await until('the wait for the gauge', async () => {
        const { waitsFor } = (await agent.status()).drain;
        return waitsFor.find(({ what }) => said.test(what));
      });
      assert.match(wait.what, /^what is in flight, which cannot be read: The gauge of app/);
      await assertHeld(agent, hook('app'), 10_000);
      const { timeline } = await agent.status();
      const drained = timeline.find(entry => entry.type === 'drained');
      assert.ok(drained?.type === 'drained' && drained.because === 'drain-max');
      await agent.logged('drain cut off by drain-max: in flight unknown: The gauge of app');
      const metrics = await metricsOf(agent);
      assert.equal(metrics.value('podusher_left_unknown_total{container="app"}'), 1);
      assertBetween(agent.memory().peakMiB - before.nowMiB, 0, 96);
    });
  }

  it('waits for connections until they are closed when those are what counts', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: { 'podusher.dev/drain-min': '1s', 'in-flight.podusher.dev/app': 'connections' },
    });
    const keep = keptConnection();
    await ask({ port: apps.app.port, from: agent.outside, keep });
    const hook = agent.terminate('app');
    await agent.logged('new connections');
    const goneAt = now();
    keep.destroy();
    assertOnTime(agent, (await hook('app').answer).at, goneAt);
  });

  it('reads /proc where netlink cannot be had, so that idle connections count, and says so', async context => {
    const folder = mkdtempSync(join(tmpdir(), 'podusher-alone-'));
    context.after(() => rmSync(folder, { recursive: true }));
    cpSync(dirname(PROGRAM), folder, { recursive: true }); // But koffi is not beside it.
    const program = join(folder, basename(PROGRAM));
    const { agent, apps } = await startPod(context, {
      program,
      annotations: { 'podusher.dev/drain-min': '1s' },
    });
    const keep = keptConnection();
    await ask({ port: apps.app.port, from: agent.outside, keep });
    const hook = agent.terminate('app');
    const { sockets } = await until('a sample', async () => {
      const { sources, drain } = await agent.status();
      return drain.inFlight?.requests === 1 ? sources : undefined;
    });
    assert.equal(sockets.used, '/proc/net/tcp');
    assert.match(sockets.because ?? '', /koffi cannot be loaded/);
    // Where other tests have left thousands of sockets, it takes its time between two readings of them all.
    await agent.logged('new connections');
    assert.equal((await agent.status()).drain.phase, 'draining');
    const goneAt = now();
    keep.destroy();
    assertOnTime(agent, (await hook('app').answer).at, goneAt, 10_000);
  });

  it("takes drain-min where the connections are everybody's, and says so", async context => {
    const { agent, apps } = await startPod(context, {
      flags: ['--host-network=true'],
      annotations: { 'podusher.dev/drain-min': '1s' },
    });
    await ask({ port: apps.app.port, from: agent.outside });
    await assertHeld(agent, agent.terminate('app')('app'), 1000);
    const { sources } = await agent.status();
    assert.match(sources.arrivals.because ?? '', /node's own network/);
  });
});

// By itself, for the app that tells its gauge is of this process, which those above keep busy.
describe('a drain', { timeout: 120_000 }, () => {
  it('follows a gauge, exactly', async context => {
    const { agent, apps } = await startPod(context, {
      annotations: ({ app }) => ({
        'podusher.dev/drain-min': '1s',
        'in-flight.podusher.dev/app': `http://:${app.port}/gauge#/running`,
      }),
    });
    const asked = ask({ port: apps.app.port, from: agent.outside, path: '/?ms=3000' });
    await until('the request', () => (apps.app.inFlight === 1 ? true : undefined));
    const hook = agent.terminate('app');
    await asked;
    const { at } = await hook('app').answer;
    assertOnTime(agent, at, apps.app.answeredAt ?? Number.NaN, 2 * LATE_MS);
    assert.ok(apps.app.gaugeAsked >= 5, `${apps.app.gaugeAsked} times asked`);
  });
});
