/** Pods at random, whose settings hold the invariants that `readSettings()` holds. */
import * as fc from 'fast-check';
import { budget } from '../../lib/settings/budget.ts';
import type { Container, Settings } from '../../lib/settings/settings.ts';
import { container, pod } from './pods.ts';

const NAMES = ['a', 'b', 'c', 'd'];

/** The first are native sidecars, before and after the agent; each depends only on those before it. */
const anyContainers: fc.Arbitrary<readonly Container[]> = fc
  .record({
    parts: fc.tuple(...NAMES.map((_, index) => anyPart(NAMES.slice(0, index)))),
    count: fc.integer({ min: 0, max: NAMES.length }),
    before: fc.nat({ max: 1 }),
    after: fc.nat({ max: 1 }),
  })
  .map(({ parts, count, before, after }) =>
    parts.slice(0, count).map((part, index) => {
      const kind =
        index < before
          ? 'native-sidecar-before-agent'
          : index < before + after
            ? 'native-sidecar-after-agent'
            : 'regular';
      const sidecarIndex = kind === 'regular' ? undefined : index < before ? index : index + 1;
      return container(NAMES[index] ?? '', { ...part, kind, sidecarIndex });
    }),
  );

function anyPart(earlier: readonly string[]): fc.Arbitrary<Partial<Container>> {
  return fc.record({
    critical: fc.boolean(),
    ports: fc.constantFrom([], [3000]),
    dependsOn: fc.subarray([...earlier]),
    stopTimeoutMs: fc.constantFrom(0, 500, 5000),
  });
}

/** Up to four containers; the grace period holds `drain-min` and all stop-timeouts, sometimes just. */
export const anyPod: fc.Arbitrary<Settings> = fc
  .record({
    containers: anyContainers,
    spareMs: fc.constantFrom(1000, 3000, 20_000),
    drainMinMs: fc.constantFrom(0, 800, 5000),
    drainArrivalsMaxMs: fc.constantFrom(0, 3000, 20_000),
    drainKeptMaxMs: fc.constantFrom(0, 2000),
    drainMaxMs: fc.constantFrom(undefined, 6000),
    restartDrainMaxMs: fc.constantFrom(0, 500, 5000),
    readyDuringDrain: fc.boolean(),
  })
  .map(({ containers, spareMs, ...over }) => {
    const { drainMaxMs } = budget({ containers, gracePeriodMs: 0, drainMaxMs: undefined });
    return pod(containers, { ...over, gracePeriodMs: over.drainMinMs - drainMaxMs + spareMs });
  });
