/** Which Kubernetes and which etcd: the newest that the module proxy serves, or what the setting says. */
import { tmpdir } from 'node:os';
import { run } from '../run.ts';
import { cachedNames } from './cache.ts';

/** etcd's minor release that Kubernetes 1.34 to 1.36 come with; 1.37 runs on it too. */
const ETCD = '3.6';

const LOOKUP_MS = 30_000;

/** @returns as `1.36.3`; `wanted` may be less exact: `1.34` is the newest of those. */
export async function kubernetesVersion(wanted: string | undefined): Promise<string> {
  const prefix = (wanted ?? '').replace(/^v/u, '');
  if (/^\d+\.\d+\.\d+$/u.test(prefix)) return prefix;
  if (prefix !== '' && !/^\d+\.\d+$/u.test(prefix)) {
    throw new Error(`PODUSHER_TEST_KUBERNETES is "${wanted}": a version is wanted, as "1.36.3" or "1.34"`);
  }
  return newestOf('k8s.io/kubernetes', 'kubernetes', prefix);
}

/** @returns as `3.6.16`. */
export function etcdVersion(): Promise<string> {
  return newestOf('go.etcd.io/etcd/server/v3', 'etcd', ETCD);
}

/** @returns the newest that is in the cache already, where nothing else is wanted; else as `kubernetesVersion()`. */
export async function kubernetesAtHand(wanted: string | undefined): Promise<string> {
  const inCache = (await cachedNames()).filter(one => one.startsWith('kubernetes-'));
  const found = wanted
    ? null
    : newest(
        inCache.map(one => one.slice('kubernetes-'.length)),
        '',
      );
  return found ?? kubernetesVersion(wanted);
}

/** Where nobody can be asked, the newest that is in the cache. */
async function newestOf(module: string, name: string, prefix: string): Promise<string> {
  const served = await versionsServed(module).catch(async (error: unknown) => {
    const inCache = (await cachedNames()).filter(one => one.startsWith(`${name}-`));
    if (inCache.length === 0) throw error;
    return inCache.map(one => one.slice(name.length + 1));
  });
  const found = newest(served, prefix);
  if (found === null) throw new Error(`No release ${prefix} of ${module} is served`);
  return found;
}

async function versionsServed(module: string): Promise<readonly string[]> {
  const listed = await run(['go', 'list', '-m', '-versions', module], {
    cwd: tmpdir(),
    timeoutMs: LOOKUP_MS,
  });
  return listed.trim().split(' ').slice(1);
}

/** @returns the newest release that begins with `prefix` (`''` or `1.34`), pre-releases left out; null if none. */
export function newest(versions: readonly string[], prefix: string): string | null {
  const releases = versions
    .map(version => version.replace(/^v/u, ''))
    .filter(version => /^\d+\.\d+\.\d+$/u.test(version))
    .filter(version => prefix === '' || version === prefix || version.startsWith(`${prefix}.`));
  return releases.toSorted(byVersion).at(-1) ?? null;
}

function byVersion(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
