/** The Descheduler's own program, from its Go module. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../build/cache.ts';
import { run } from '../run.ts';

/** Its newest when this was written; it needs no more of Kubernetes than pods and evictions. */
const VERSION = '0.36.0';

/** On two cores and from nothing it takes four minutes. */
const BUILD_MS = 30 * 60_000;

/** @returns its path, built if need be. */
export async function descheduler(signal: AbortSignal): Promise<string> {
  const folder = await cached(`descheduler-${VERSION}`, made => build(made, signal));
  return join(folder, 'descheduler');
}

/** Where the proxy's module is unpacked it is a main module, with its own go.mod and go.sum: nothing is written there. */
async function build(folder: string, signal: AbortSignal): Promise<void> {
  const scratch = join(folder, 'tmp');
  await mkdir(scratch);
  const go = (args: readonly string[]): Promise<string> =>
    run(['setpriv', '--pdeathsig', 'TERM', 'go', ...args], {
      cwd: folder,
      env: { CGO_ENABLED: '0', TMPDIR: scratch },
      timeoutMs: BUILD_MS,
      signal,
    });
  const module = `sigs.k8s.io/descheduler@v${VERSION}`;
  const downloaded: unknown = JSON.parse(await go(['mod', 'download', '-json', module]));
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w'];
  const out = ['-o', join(folder, 'descheduler'), './cmd/descheduler'];
  await go(['build', '-C', String(Object(downloaded).Dir), ...flags, ...out]);
  await rm(scratch, { recursive: true });
}
