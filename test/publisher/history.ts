/** Arbitrary histories of a cluster. */
import * as fc from 'fast-check';
import { type Happening, NODES, type ServiceModel } from './cluster.ts';

const run = { from: fc.nat({ max: 120 }), count: fc.constantFrom(1, 1, 1, 2, 10, 99, 100, 150) };
const ofPods = fc.record({
  type: fc.constantFrom(
    'start' as const,
    'start' as const,
    'statsd' as const,
    'rails' as const,
    'gate' as const,
    'delete' as const,
    'gone' as const,
    'end' as const,
    'relabel' as const,
    'annotate' as const,
    'again' as const,
  ),
  ...run,
});

const edit: fc.Arbitrary<Partial<ServiceModel>> = fc.oneof(
  fc.record({ ports: fc.constantFrom('number', 'name', 'both', 'none') }),
  fc.record({ labels: fc.constantFrom({}, { team: 'shop' }, { team: 'auth', constructor: 'x' }) }),
  fc.record({ publishNotReadyAddresses: fc.boolean() }),
  fc.record({
    trafficDistribution: fc.constantFrom(
      undefined,
      'PreferClose',
      'PreferSameZone',
      'PreferSameNode',
      'Other',
    ),
  }),
  fc.record({ ipFamilies: fc.constantFrom(['IPv4'], ['IPv6'], ['IPv4', 'IPv6']) }),
);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('scale' as const),
      to: fc.constantFrom(0, 1, 3, 20, 99, 100, 101, 150, 201, 330),
    }),
  },
  { weight: 8, arbitrary: ofPods },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('node' as const),
      index: fc.nat({ max: NODES - 1 }),
      to: fc.constantFrom('ready', 'ready', 'lost', 'removed', 'moved'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('service' as const), edit }) },
);

/** What happens, step by step; between two the publisher is at rest. */
export function historyOf(
  minSteps: number,
  maxSteps: number,
): fc.Arbitrary<readonly (readonly Happening[])[]> {
  const step = fc.array(happening, { minLength: 1, maxLength: 4 });
  return fc.array(step, { minLength: minSteps, maxLength: maxSteps });
}

export const history: ReturnType<typeof historyOf> = historyOf(1, 12);
