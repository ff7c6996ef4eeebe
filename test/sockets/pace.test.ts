import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Pace, SAMPLE_EVERY_MS } from '../../agent/sidecar/sockets/pace.ts';
import type { SocketReader } from '../../agent/sidecar/sockets/reader.ts';
import { createSampler } from '../../agent/sidecar/sockets/sampler.ts';
import { parsed, unparsed } from '../../lib/parsed.ts';
import { infoLike, settingsLike, socketLike } from '../connections/sockets.ts';
import { eventually } from './loopback.ts';

const NEW = (): boolean => true;
const NONE = (): boolean => false;

test('Pace samples at once, and then at even distances', () => {
  const pace = new Pace();
  assert.equal(pace.takes(1000, NONE), true);
  assert.equal(pace.nextAt, 1000 + SAMPLE_EVERY_MS);
  assert.equal(pace.takes(1033, NONE), false);
  assert.equal(pace.takes(1000 + SAMPLE_EVERY_MS - 1, NONE), true);
});

test('Pace samples early where new connections came, once between two samples', () => {
  const pace = new Pace();
  pace.takes(1000, NONE);
  assert.equal(pace.takes(1033, NEW), true);
  assert.equal(pace.nextAt, 1033 + SAMPLE_EVERY_MS);
  assert.equal(pace.takes(1066, NEW), false);
  assert.equal(pace.takes(1033 + SAMPLE_EVERY_MS, NEW), true);
  assert.equal(pace.takes(1066 + SAMPLE_EVERY_MS, NEW), true);
});

/** A pod with one connection that is looked up between samples, for its data is a tie. */
const UNCLEAR: SocketReader = {
  lists: () => ({
    listening: () => parsed([]),
    serving: () => ({ source: 'sock_diag', because: undefined, sockets: parsed([TIE]) }),
    timeWait: () => parsed([]),
  }),
  lookUp: left => parsed({ left, moved: [] }),
  close: () => undefined,
};
const TIE = socketLike({
  info: infoLike({ lastDataSentMs: 10, lastDataReceivedMs: 10, lastAckReceivedMs: 10 }),
  handle: new Uint8Array(48),
});

/** @returns the shortest time between two of the first six samples, in ms. */
async function shortestGap(t: TestContext, opensPerReading: number): Promise<number> {
  const times: number[] = [];
  let opened = 1000;
  const sampler = createSampler({
    settings: settingsLike(),
    agentPort: 1,
    clock: () => performance.timeOrigin + performance.now(),
    onSample: () => void times.push(performance.now()),
    fetchGauge: () => Promise.resolve(unparsed('There is no gauge')),
    openReader: () => Promise.resolve(UNCLEAR),
    readCounter: () => {
      opened += opensPerReading;
      return parsed(opened);
    },
  });
  t.after(() => sampler.close());
  sampler.begin();
  await eventually('six samples', () => times[5]);
  return Math.min(...times.slice(1, 6).map((time, index) => time - (times[index] ?? 0)));
}

test('createSampler() samples early where the kernel’s counter of new connections moves, and only there', async t => {
  const [still, moving] = [await shortestGap(t, 0), await shortestGap(t, 1)];
  assert.ok(still > SAMPLE_EVERY_MS / 2, `${still} ms`);
  assert.ok(moving < still, `${moving} ms, and ${still} ms where nothing is new`);
});
