import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { container, HOOK, lines, type Played, play, pod, probe } from './world.ts';

const LEAVES = { exitsAfterSigtermMs: 100 };
const SIDECAR = { kind: 'native-sidecar' } as const;

/** Only the lines that begin one of the words, without those of readiness. */
function only(played: Played, ...words: readonly string[]): string[] {
  return lines(played).filter(line => words.includes(line.split(' ')[1] ?? ''));
}

describe('step() starts', () => {
  it('init containers one after the other, and the regular ones together after them', () => {
    const played = play(
      pod([
        container('migrate', { kind: 'init' }),
        container('usher', { ...SIDECAR, probes: { startup: probe() } }),
        container('rails'),
        container('auth'),
      ]),
      {
        until: 5000,
        behaviours: {
          migrate: { exitsAfterMs: 700, exitCode: 0 },
          usher: { answers: (_, sinceStartMs) => sinceStartMs >= 1000 },
        },
      },
    );
    assert.deepEqual(only(played, 'started', 'restarting'), [
      '0 started migrate',
      '700 started usher',
      '700 restarting usher',
    ]);
  });

  it('regular containers when a native sidecar has passed its startup probe', () => {
    const usher = container('usher', { ...SIDECAR, probes: { startup: probe({ failureThreshold: 5 }) } });
    const played = play(pod([usher, container('rails'), container('auth')]), {
      until: 5000,
      behaviours: { usher: { answers: (_, sinceStartMs) => sinceStartMs >= 2000 } },
    });
    assert.deepEqual(only(played, 'started'), ['0 started usher', '2000 started rails', '2000 started auth']);
  });

  it('a crashing container again when its exit is seen, then after 10 s, doubled up to 5 min', () => {
    const played = play(pod([container('statsd')]), {
      until: 900_000,
      behaviours: { statsd: { exitsAfterMs: 1000 } },
    });
    const delays = only(played, 'back-off').map(line => Number(line.split(' ')[2]));
    assert.deepEqual(delays, [10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    assert.deepEqual(only(played, 'started').slice(0, 3), [
      '0 started statsd',
      '2000 started statsd',
      '13000 started statsd',
    ]);
  });

  it('no plain init container again that succeeded, and one that failed', () => {
    const played = play(pod([container('migrate', { kind: 'init' }), container('rails')]), {
      until: 2500,
      behaviours: { migrate: { exitsAfterMs: 1000, exitCode: 1 } },
    });
    assert.deepEqual(only(played, 'started'), ['0 started migrate', '2000 started migrate']);
  });
});

describe('step() tells readiness', () => {
  it('after as many results in a row as the thresholds say', () => {
    const ready = probe({ successThreshold: 2, failureThreshold: 3 });
    const fails = new Set([0, 5, 6, 9, 10, 11]);
    const played = play(pod([container('rails', { probes: { readiness: ready } })]), {
      until: 14_000,
      behaviours: { rails: { answers: (_, sinceStartMs) => !fails.has(Math.round(sinceStartMs / 1000)) } },
    });
    assert.deepEqual(only(played, 'ready', 'unready', 'pod'), [
      '2000 ready rails',
      '2000 pod ready',
      '11000 unready rails',
      '11000 pod unready',
      '13000 ready rails',
      '13000 pod ready',
    ]);
  });

  it('of the pod, which no container that is down may miss', () => {
    const played = play(pod([container('rails'), container('statsd')]), {
      until: 16_000,
      behaviours: { statsd: { exitsAfterMs: 2000 } },
    });
    assert.deepEqual(only(played, 'pod'), [
      '0 pod ready',
      '2000 pod unready',
      '3000 pod ready',
      '5000 pod unready',
      '15000 pod ready',
    ]);
  });

  it('during the termination too, while liveness is no longer asked for', () => {
    const rails = container('rails', { preStop: HOOK, probes: { readiness: probe(), liveness: probe() } });
    const played = play(pod([rails]), {
      deleteAt: 2500,
      until: 20_000,
      behaviours: { rails: { answers: (_, sinceStartMs) => sinceStartMs < 4000, hookMs: 5000, ...LEAVES } },
    });
    assert.deepEqual(lines(played).slice(2), [
      '0 pod ready',
      '2500 deleted',
      '2500 hook-began rails',
      '4000 unready rails',
      '4000 pod unready',
      '7500 hook answered rails',
      '7500 SIGTERM rails',
      '7600 exited rails',
      '7600 gone',
    ]);
  });
});

describe('step() restarts', () => {
  it('a container whose liveness probe failed, with its own hook alone', () => {
    const rails = container('rails', { preStop: HOOK, probes: { liveness: probe({ failureThreshold: 2 }) } });
    const auth = container('auth', { preStop: HOOK });
    const played = play(pod([rails, auth]), {
      until: 12_000,
      behaviours: {
        rails: { answers: (_, sinceStartMs) => sinceStartMs < 5000, hookMs: 1000, ...LEAVES },
        auth: { hookMs: 1000 },
      },
    });
    assert.deepEqual(lines(played).slice(5), [
      '6000 restarting rails',
      '6000 hook-began rails',
      '7000 hook answered rails',
      '7000 SIGTERM rails',
      '7100 exited rails',
      '7100 unready rails',
      '7100 pod unready',
      '8100 started rails',
      '8100 ready rails',
      '8100 pod ready',
    ]);
  });

  it("and kills it at the end of the probe's own grace period", () => {
    const liveness = probe({ gracePeriodMs: 3000 });
    const played = play(pod([container('rails', { preStop: HOOK, probes: { liveness } })]), {
      until: 5900,
      behaviours: { rails: { answers: (_, sinceStartMs) => sinceStartMs < 1000 || sinceStartMs > 5000 } },
    });
    assert.deepEqual(only(played, 'SIGTERM', 'SIGKILL', 'hook'), [
      '4000 hook abandoned rails',
      '4000 SIGTERM rails',
    ]);
  });

  it('nothing once the pod is deleted', () => {
    const played = play(pod([container('rails', { preStop: HOOK }), container('statsd')]), {
      deleteAt: 3500,
      until: 60_000,
      behaviours: { rails: { hookMs: 9500, ...LEAVES }, statsd: { exitsAfterMs: 2000 } },
    });
    assert.deepEqual(only(played, 'started', 'gone'), [
      '0 started rails',
      '0 started statsd',
      '3000 started statsd',
      '13100 gone',
    ]);
  });
});

describe('step() terminates', () => {
  it('with all hooks at one instant, and SIGTERM after the own one', () => {
    const played = play(pod([container('rails', { preStop: HOOK }), container('auth', { preStop: HOOK })]), {
      deleteAt: 1000,
      until: 60_000,
      behaviours: { rails: { hookMs: 5000, ...LEAVES }, auth: { hookMs: 2000, ...LEAVES } },
    });
    assert.deepEqual(only(played, 'hook-began', 'SIGTERM', 'exited', 'gone'), [
      '1000 hook-began rails',
      '1000 hook-began auth',
      '3000 SIGTERM auth',
      '3100 exited auth',
      '6000 SIGTERM rails',
      '6100 exited rails',
      '6100 gone',
    ]);
  });

  it('with SIGTERM at once for a container without a hook', () => {
    const played = play(pod([container('rails')]), {
      deleteAt: 1000,
      until: 60_000,
      behaviours: { rails: LEAVES },
    });
    assert.deepEqual(only(played, 'SIGTERM', 'gone'), ['1000 SIGTERM rails', '1100 gone']);
  });

  it('native sidecars after all regular containers, in reverse order', () => {
    const played = play(
      pod([container('first', SIDECAR), container('second', SIDECAR), container('rails')]),
      {
        deleteAt: 1000,
        until: 60_000,
        behaviours: { first: LEAVES, second: LEAVES, rails: { exitsAfterSigtermMs: 4000 } },
      },
    );
    assert.deepEqual(only(played, 'SIGTERM', 'SIGKILL', 'gone'), [
      '1000 SIGTERM rails',
      '5000 SIGTERM second',
      '5100 SIGTERM first',
      '5200 gone',
    ]);
  });

  it('at the end of the grace period: kills first, then what is left gets SIGTERM and 2 s', () => {
    const played = play(
      pod([container('usher', SIDECAR), container('auth', { preStop: HOOK }), container('rails')], 10_000),
      { deleteAt: 1000, until: 60_000, behaviours: { usher: {}, auth: LEAVES, rails: {} } },
    );
    assert.deepEqual(only(played, 'hook', 'SIGTERM', 'SIGKILL', 'gone'), [
      '1000 SIGTERM rails',
      '11000 SIGKILL rails',
      '11000 hook abandoned auth',
      '11000 SIGTERM usher',
      '11000 SIGTERM auth',
      '13000 SIGKILL usher',
      '13000 gone',
    ]);
  });

  it('without hooks when the grace period is 0', () => {
    const played = play(pod([container('rails', { preStop: HOOK })], 0), {
      deleteAt: 1000,
      until: 60_000,
      behaviours: {},
    });
    assert.deepEqual(lines(played).slice(3), [
      '1000 deleted',
      '1000 SIGTERM rails',
      '3000 SIGKILL rails',
      '3000 exited rails',
      '3000 unready rails',
      '3000 pod unready',
      '3000 gone',
    ]);
  });
});
