import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { KubeletEntry } from '../../lib/kubelet/entry.ts';
import type { Container, Pod } from '../../lib/kubelet/pod.ts';
import { type Behaviour, container, HOOK, play, pod, probe, type Script } from './world.ts';

const timeMs = fc.integer({ min: 0, max: 40_000 });
const maybeMs = fc.option(timeMs, { nil: undefined });

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  exitsAfterMs: maybeMs,
  exitCode: fc.constantFrom(0, 1),
  exitsAfterSigtermMs: maybeMs,
  hookMs: maybeMs,
  answers: fc
    .integer({ min: 0, max: 30_000 })
    .map(badFromMs => (_: unknown, sinceStartMs: number) => sinceStartMs < badFromMs),
});

const NAMES = ['a', 'b', 'c', 'd'] as const;

const container_: fc.Arbitrary<Partial<Container>> = fc.record({
  preStop: fc.constantFrom(undefined, HOOK),
  probes: fc.constantFrom(
    {},
    { readiness: probe() },
    { liveness: probe() },
    { startup: probe(), readiness: probe() },
  ),
});

interface Scene {
  readonly pod: Pod;
  readonly script: Script;
}

const scene: fc.Arbitrary<Scene> = fc
  .record({
    sidecars: fc.integer({ min: 0, max: 2 }),
    given: fc.array(container_, { minLength: 4, maxLength: 4 }),
    behaviours: fc.array(behaviour, { minLength: 4, maxLength: 4 }),
    graceMs: fc.integer({ min: 0, max: 30 }).map(seconds => seconds * 1000),
    deleteAt: timeMs,
  })
  .map(({ sidecars, given, behaviours, graceMs, deleteAt }) => ({
    pod: pod(
      NAMES.map((name, index) =>
        container(name, { ...given[index], kind: index < sidecars ? 'native-sidecar' : 'regular' }),
      ),
      graceMs,
    ),
    script: {
      deleteAt,
      until: 200_000,
      behaviours: Object.fromEntries(NAMES.map((name, index) => [name, behaviours[index] ?? {}])),
    },
  }));

function times(entries: readonly KubeletEntry[], type: KubeletEntry['type'], name: string): number[] {
  return entries
    .filter(entry => entry.type === type && 'container' in entry && entry.container === name)
    .map(({ at }) => at);
}

function signals(entries: readonly KubeletEntry[], signal: 'SIGTERM' | 'SIGKILL', name: string): number[] {
  return entries
    .filter(entry => entry.type === 'signal' && entry.signal === signal && entry.container === name)
    .map(({ at }) => at);
}

function restarts(entries: readonly KubeletEntry[], name: string): boolean {
  return entries.some(entry => entry.type === 'restarting' && entry.container === name);
}

function played({ pod: given, script }: Scene) {
  const { state, entries } = play(given, script);
  const deletedAt = script.deleteAt ?? 0;
  return { given, script, state, entries, deletedAt, graceEndsAt: deletedAt + given.gracePeriodMs };
}

function property(check: (run: ReturnType<typeof played>) => void): void {
  fc.assert(
    fc.property(scene, one => check(played(one))),
    { numRuns: 300 },
  );
}

describe('step() of any pod that is deleted', () => {
  it('ends, at the latest 2 s and a restart after the grace period', () => {
    property(({ state, entries, graceEndsAt, given }) => {
      assert.equal(state.phase, 'gone');
      // A restart that was under way has its own grace period.
      assert.ok((entries.at(-1)?.at ?? 0) <= graceEndsAt + given.gracePeriodMs + 4000);
    });
  });

  it('sends no SIGTERM before the own hook has ended', () => {
    property(({ entries }) => {
      for (const name of NAMES) {
        const began = times(entries, 'hook-began', name);
        const ended = times(entries, 'hook-ended', name);
        const exits = times(entries, 'exited', name);
        for (const at of signals(entries, 'SIGTERM', name)) {
          const beganAt = began.findLast(time => time <= at);
          if (beganAt === undefined || exits.some(time => beganAt <= time && time < at)) continue;
          assert.ok(
            ended.some(time => beganAt <= time && time <= at),
            `${name} at ${at}`,
          );
        }
      }
    });
  });

  it('sends no SIGKILL earlier than 2 s after SIGTERM, nor before the grace period ends', () => {
    property(({ entries, deletedAt, graceEndsAt }) => {
      for (const [index, { at, ...entry }] of entries.entries()) {
        if (entry.type !== 'signal' || entry.signal !== 'SIGKILL') continue;
        const isIts = (one: KubeletEntry): boolean =>
          one.type === 'signal' && one.container === entry.container;
        const sigtermAt = entries.slice(0, index).findLast(isIts)?.at ?? Number.NaN;
        assert.ok(at - sigtermAt >= 2000, `${entry.container} at ${at}`);
        // A restart that was under way at the deletion has its own, earlier one.
        if (sigtermAt >= deletedAt && !restarts(entries, entry.container)) assert.ok(at >= graceEndsAt);
      }
    });
  });

  it('sends a native sidecar SIGTERM after the regular containers, or at the end of the grace period', () => {
    property(({ entries, given, deletedAt, graceEndsAt }) => {
      for (const [index, { name, kind }] of given.containers.entries()) {
        if (kind !== 'native-sidecar' || restarts(entries, name)) continue;
        const at = signals(entries, 'SIGTERM', name).find(time => time > deletedAt && time < graceEndsAt);
        if (at === undefined) continue;
        for (const after of given.containers.slice(index + 1)) {
          const startedAt = times(entries, 'started', after.name).at(-1) ?? Number.POSITIVE_INFINITY;
          const exitedAt = times(entries, 'exited', after.name).at(-1) ?? Number.NEGATIVE_INFINITY;
          assert.ok(
            startedAt === Number.POSITIVE_INFINITY || (startedAt <= exitedAt && exitedAt <= at),
            `${name}, ${after.name}`,
          );
        }
      }
    });
  });

  it('starts nothing after the deletion', () => {
    property(({ entries, deletedAt }) => {
      const late = entries.filter(({ type, at }) => type === 'started' && at > deletedAt);
      assert.deepEqual(late, []);
    });
  });

  it('tells times that never go back', () => {
    property(({ entries }) => {
      for (const [index, entry] of entries.entries()) assert.ok(entry.at >= (entries[index - 1]?.at ?? 0));
    });
  });
});
