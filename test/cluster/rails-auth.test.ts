/** The third failure, with a real Rails, on a real cluster: it happens, and with podusher it does not. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import type { Entry } from '../../lib/timeline/entry.ts';
import { renderText } from '../../lib/timeline/terminal.ts';
import { isOurs } from './kubectl.ts';
import { withNamespace } from './namespace.ts';
import { sayNotTested } from './on-nodes.ts';
import { endPod } from './rails-auth/ending.ts';
import { loadRailsAuthImages } from './rails-auth/images.ts';
import type { Variant } from './rails-auth/manifests.ts';
import type { Told } from './rails-auth/told.ts';

const GRACE_MS = 30_000;

/** At 20 requests a second: Rails may outlive the grace period, and so auth, by a second. */
const LAST_SECOND = 20;
/** `drain-arrivals-max`: what still sends requests to an only pod holds it for so long. */
const ARRIVALS_MAX_MS = 20_000;
/** The pool's size: no more of its requests can be in flight when Rails is killed. */
const KEPT = 16;

async function ended(context: TestContext, variant: Variant): Promise<Told> {
  const { rails, podusher, replicas } = variant;
  const name = ['rails', rails, podusher ? 'with' : 'without', replicas].join('-');
  const told = await endPod(await withNamespace(context, name), variant);
  const { other: ofNew, ...newLosses } = told.losses.new;
  const { other: ofKept, ...keptLosses } = told.losses.kept;
  context.diagnostic(`new connections: ${JSON.stringify({ ...newLosses, other: ofNew.length })}`);
  context.diagnostic(`kept connections: ${JSON.stringify({ ...keptLosses, other: ofKept.length })}`);
  return told;
}

/** @returns when it happened, in ms since the deletion. */
function at({ timeline }: Told, type: Entry['type'], container: string, actor = 'kubelet'): number {
  const deleted = timeline.find(entry => entry.type === 'deleted');
  const found = timeline.find(
    entry =>
      entry.actor === actor && entry.type === type && 'container' in entry && entry.container === container,
  );
  assert.ok(deleted !== undefined && found !== undefined, `${type} ${container} in\n${textOf({ timeline })}`);
  return found.at - deleted.at;
}

function textOf({ timeline }: Pick<Told, 'timeline'>): string {
  return renderText(timeline, { colour: false });
}

/** Beyond what is allowed for, nobody lost anything. */
function assertNothingElse(told: Told): void {
  for (const losses of Object.values(told.losses)) {
    const { http500, other } = losses;
    assert.deepEqual({ http500, other }, { http500: 0, other: [] }, textOf(told));
    assert.ok(losses.sent > 200, `${losses.sent} sent`);
  }
}

before(() => loadRailsAuthImages(AbortSignal.timeout(600_000), () => {}));

describe('a Rails that lives on until SIGKILL', { concurrency: 2 }, () => {
  const stays = { rails: 'stays' } as const;

  test('without podusher, every request to an only pod fails for the whole grace period', async context => {
    const told = await ended(context, { ...stays, podusher: false, replicas: 1 });
    const { sent, http500 } = told.losses.kept;
    // Sent for 10 s before the deletion, 30 s of grace, and 3 s after; on a busy machine somewhat longer.
    assert.ok(http500 >= 0.5 * sent, `${http500} of ${sent}\n${textOf(told)}`);
  });

  test('with podusher, an only pod goes on as long as requests come, and answers who is there until it is killed', async context => {
    const told = await ended(context, { ...stays, podusher: true, replicas: 1 });
    assertNothingElse(told);
    for (const { http500AfterGrace, cut } of Object.values(told.losses)) {
      assert.ok(http500AfterGrace <= LAST_SECOND, `${http500AfterGrace} after the grace period`);
      assert.ok(cut <= KEPT, `${cut} cut`);
    }
    assertHeld(told);
    if (isOurs) assert.ok(at(told, 'signal', 'auth') >= GRACE_MS - 100, 'auth is held to the end');
    else sayNotTested('with podusher, auth of an only pod is held to the end of the grace period');
  });

  test('without podusher, a gateway sends one of two replicas requests that fail', async context => {
    const { losses } = await ended(context, { ...stays, podusher: false, replicas: 2 });
    assert.ok(losses.kept.http500 >= 20, `${losses.kept.http500}`);
  });

  test('with podusher, one of two replicas answers until it is killed', async context => {
    const told = await ended(context, { ...stays, podusher: true, replicas: 2 });
    assertNothingElse(told);
    const { new: ofNew, kept } = told.losses;
    assert.deepEqual([ofNew.http500AfterGrace, ofNew.cut], [0, 0], 'new connections go to the other one');
    assert.ok(kept.http500AfterGrace <= LAST_SECOND, `${kept.http500AfterGrace} after the grace period`);
    assert.ok(kept.cut <= KEPT, `${kept.cut} cut`);
  });
});

describe('a Rails that leaves on SIGTERM', { concurrency: 2 }, () => {
  test('with podusher, one of two replicas ends and nobody notices', async context => {
    const told = await ended(context, { rails: 'leaves', podusher: true, replicas: 2 });
    assertNothingElse(told);
    const { new: ofNew, kept } = told.losses;
    assert.deepEqual([ofNew.cut, kept.cut], [0, 0], textOf(told));
    assertToldOrder(told);
    assert.ok(told.terminationMs < 15_000, `${told.terminationMs} ms`);
  });

  test('with podusher, an only pod loses nothing but what comes when it has been let go', async context => {
    const told = await ended(context, { rails: 'later', podusher: true, replicas: 1 });
    assertNothingElse(told);
    assert.deepEqual([told.losses.new.cut, told.losses.kept.cut], [0, 0], textOf(told));
    assertHeld(told);
    assertToldOrder(told);
    if (isOurs) assertOrder(told);
    else sayNotTested("with podusher, auth is told to end when rails has ended, by the kubelet's log");
  });
});

/** Asserts that Rails was not let go while requests still came. */
function assertHeld(told: Told): void {
  if (!isOurs) return sayNotTested('with podusher, an only pod goes on as long as requests come');
  assert.ok(at(told, 'signal', 'rails') >= ARRIVALS_MAX_MS - 1_000, textOf(told));
}

/** Asserts that the agent waited for each, and did not release all at once: its own log tells to the millisecond. */
function assertToldOrder(told: Told): void {
  for (const [first, then] of [
    ['rails', 'auth'],
    ['auth', 'podusher'],
  ] as const)
    assert.ok(at(told, 'stopped', first, 'podusher') <= at(told, 'released', then, 'podusher'), textOf(told));
}

/** The kubelet logs an end when containerd has told it, on a busy machine some tenths of a second later. */
const LOGGED_MS = 1_000;

/** In the kubelet's own log: auth and podusher are told to end when rails has ended, which takes it longer than that. */
function assertOrder(told: Told): void {
  const goneAt = at(told, 'exited', 'rails');
  assert.ok(goneAt - at(told, 'signal', 'rails') > 1.5 * LOGGED_MS, textOf(told));
  for (const then of ['auth', 'podusher'])
    assert.ok(goneAt - LOGGED_MS <= at(told, 'signal', then), textOf(told));
}
