import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stop } from './launch.ts';

/** A pod of four containers with HTTP servers, and the file that tells an agent of it. */
export interface Pod {
  readonly ports: readonly number[];
  readonly annotationsFile: string;
  close(): Promise<void>;
}

/** Starts a pod that is probed each second. Its drain is longer than any measurement. */
export async function startPod(): Promise<Pod> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'targets.ts'));
  const [ports] = await once(child, 'message');
  if (!isPorts(ports)) throw new Error('The targets told no ports');
  const folder = await mkdtemp(join(tmpdir(), 'podusher-bench-'));
  const annotationsFile = join(folder, 'annotations');
  const annotations = [
    ['podusher.dev/grace-period', '1h'],
    ['podusher.dev/drain-min', '30m'],
    ...ports.map((port, index) => [`readiness-probe.podusher.dev/app-${index}`, probe(port)]),
  ];
  await writeFile(
    annotationsFile,
    annotations.map(([key, value]) => `${key}=${JSON.stringify(value)}\n`).join(''),
  );
  return {
    ports,
    annotationsFile,
    close: async () => {
      await stop(child);
      await rm(folder, { recursive: true });
    },
  };
}

/** A long time to answer, for the hour that is squeezed into a minute squeezes it too. */
function probe(port: number): string {
  return JSON.stringify({ httpGet: { path: '/healthz', port }, periodSeconds: 1, timeoutSeconds: 30 });
}

function isPorts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(port => typeof port === 'number');
}
