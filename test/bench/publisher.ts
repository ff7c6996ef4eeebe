/**
 * `podusher publisher` beside Kubernetes' own EndpointSlice controller, on one bare API server, over the same pods:
 * `npm run bench:publisher`. Both with their own limits, or with one that is not felt (--unlimited).
 *
 * --json for machines; --check ends with 1 where a bound is exceeded; --pods N instead of 10000; --changes N at once
 * instead of 1000.
 */
import { parseArgs } from 'node:util';
import { ControlPlane } from '../cluster/bare/control-plane.ts';
import { step } from '../cluster/say.ts';
import { until } from '../cluster/wait.ts';
import { allAtOnce, cpuMs, memoryMiB, oneAtATime, silence, startPublisher } from './publisher/figures.ts';
import { isWithin, lineOf, type Row, tableOf } from './publisher/rows.ts';
import { percentile, Spectator, type Who } from './publisher/spectator.ts';
import { type BenchPod, World } from './publisher/world.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    unlimited: { type: 'boolean', default: false },
    pods: { type: 'string', default: '10000' },
    changes: { type: 'string', default: '1000' },
    singly: { type: 'string', default: '100' },
  },
});
const total = Number(values.pods);
const FAST = { 'kube-api-qps': 2000, 'kube-api-burst': 4000 };
const FAST_FLAGS = ['--writes-per-second', '1000'];
const CONTROLLERS = ['endpointslice-controller'];
const LONGEST_MS = 600_000;

const say = (text: string): void => void process.stderr.write(text);
const rows: Row[] = [];

function row(
  what: string,
  unit: string,
  [publisher, builtIn]: readonly [number, number?],
  atMost?: Row['atMost'],
): void {
  const measured = { what, unit, publisher, builtIn, atMost };
  rows.push(measured);
  say(`${lineOf(measured)}\n`);
}

const NO_SLOWER = { of: 'ratio', value: 1 } as const;

function latencies(what: string, ms: Record<Who, number[]>): void {
  for (const percent of [50, 99]) {
    const both = [percentile(ms.our, percent), percentile(ms.their, percent)] as const;
    row(`${what}, p${percent}`, 'ms', both, NO_SLOWER);
  }
}

/** Every so many-th: of all kinds, in their shares. */
function spread(pods: readonly BenchPod[], count: number): BenchPod[] {
  return Array.from({ length: count }, (_, index) => pods[Math.floor((index * pods.length) / count)]).flatMap(
    pod => pod ?? [],
  );
}

const plane = await step(say, 'A control plane', () => ControlPlane.start({ say }));
try {
  const spectator = await Spectator.watch(plane.client);
  const world = await World.create(plane.client);
  let pods: readonly BenchPod[] = [];
  let started: Awaited<ReturnType<typeof startPublisher>> | undefined;
  for (const share of [0.1, 0.5, 1]) {
    const size = total * share;
    await started?.publisher.end();
    pods = await step(say, `${size} pods`, () => world.grow(size));
    const flags = share === 1 && !values.unlimited ? [] : FAST_FLAGS;
    const fresh = await step(say, 'Published', () => startPublisher(plane, spectator, size, flags));
    started = fresh;
    const memory = await memoryMiB(fresh.publisher.child.pid ?? 0);
    const bound = share === 1 ? ({ of: 'figure', value: 200 } as const) : undefined;
    row(`memory at ${size} pods`, 'MiB', [memory.now], bound);
    row(`memory at ${size} pods, at most until then`, 'MiB', [memory.most]);
    if (share < 1) continue;
    row('start to first write', 's', [fresh.firstWriteMs / 1000], { of: 'figure', value: 15 });
    row('start to all published', 's', [fresh.publishedMs / 1000]);
  }
  if (started === undefined) throw new Error('No publisher');
  plane.startControllers(CONTROLLERS, FAST);
  await step(say, 'The built-in controller', () =>
    until('its slices', () => spectator.readyOf('their') === total, { timeoutMs: LONGEST_MS }),
  );
  if (!values.unlimited) {
    await plane.controllers.stop();
    plane.startControllers(CONTROLLERS);
  }
  await silence(spectator);
  const pids = [started.publisher.child.pid ?? 0, plane.controllers.pid] as const;
  const singly = spread(pods, Number(values.singly));
  // The first changes wait until the built-in controller is there.
  await oneAtATime(world, spectator, singly.slice(0, 10));
  latencies(
    'one change at a time',
    await step(say, 'One at a time', () => oneAtATime(world, spectator, singly)),
  );
  const writes = { our: spectator.writes.our, their: spectator.writes.their };
  const changed = spread(pods, Number(values.changes));
  const cpu = await cpuMs(pids, async () => {
    for (const isReady of [false, true]) {
      const what = `${changed.length} pods at once become ${isReady ? 'ready' : 'not ready'}`;
      const ms = await step(say, what, () => allAtOnce(world, spectator, changed, isReady));
      latencies(what, ms);
      writes.our += spectator.writes.our;
      writes.their += spectator.writes.their;
    }
  });
  row('slices written for all these changes', '', [writes.our, writes.their], { of: 'ratio', value: 1.1 });
  const per = (ms: number): number => (ms / (2 * changed.length)) * 1000;
  row('CPU for 1,000 changes at once', 'ms', [per(cpu[0]), per(cpu[1])]);
  const memory = await memoryMiB(pids[0]);
  row('memory after all that', 'MiB', [memory.now], { of: 'figure', value: 200 });
  await started.publisher.kill();
  spectator.close();
  process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
  if (values.check && !rows.every(isWithin)) process.exitCode = 1;
} finally {
  await plane.close();
}
