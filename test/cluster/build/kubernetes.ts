/** Kubernetes' own programs, and etcd, from their Go modules. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { cached } from './cache.ts';

/** On two cores and from nothing it takes ten minutes. */
const BUILD_MS = 40 * 60_000;

/** What the programs call themselves. */
const VERSION_PACKAGE = 'k8s.io/component-base/version';

const COMMANDS = [
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
];

/**
 * Upstream's own requirements, made usable from outside its repository: `k8s.io/kubernetes` replaces its staging
 * modules by its own folders; each of them is published as well, under version 0.
 *
 * @param goMod the go.mod of `k8s.io/kubernetes`
 * @param version as `1.36.3`
 */
function goModFrom(goMod: string, version: string): string {
  const published = version.replace(/^1\./u, '0.');
  const rewritten = goMod
    .replace(/^module .*$/mu, 'module podusher.dev/cluster')
    .replaceAll(/=> \.\/staging\/src\/(k8s\.io\/[a-z0-9-]+)/gu, `=> $1 v${published}`);
  return `${rewritten}\nrequire k8s.io/kubernetes v${version}\n`;
}

/** @returns the folder with `kubelet`, `kubectl` and the others of this version, built if need be. */
export function kubernetes(version: string, signal: AbortSignal): Promise<string> {
  return cached(`kubernetes-${version}`, async folder => {
    const source = join(folder, 'source');
    await mkdir(source);
    const downloaded: unknown = JSON.parse(
      await run(['go', 'mod', 'download', '-json', `k8s.io/kubernetes@v${version}`], {
        cwd: source,
        timeoutMs: BUILD_MS,
        signal,
      }),
    );
    const upstream = String(Object(downloaded).Dir);
    await writeFile(join(source, 'go.sum'), await readFile(join(upstream, 'go.sum')));
    await writeFile(
      join(source, 'go.mod'),
      goModFrom(await readFile(join(upstream, 'go.mod'), 'utf8'), version),
    );
    const [major, minor] = version.split('.');
    const facts = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
    const flags = Object.entries(facts).map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`);
    const packages = COMMANDS.map(command => `k8s.io/kubernetes/cmd/${command}`);
    await goBuild(source, ['-ldflags', `-s -w ${flags.join(' ')}`, '-o', `${folder}/`, ...packages], signal);
    await rm(source, { recursive: true });
  });
}

/** @returns the folder with `etcd` of this version, built if need be. */
export function etcd(version: string, signal: AbortSignal): Promise<string> {
  return cached(`etcd-${version}`, async folder => {
    const source = join(folder, 'source');
    await mkdir(source);
    const module = 'go.etcd.io/etcd/server/v3';
    await writeFile(
      join(source, 'go.mod'),
      `module podusher.dev/cluster\n\ngo 1.24\n\nrequire ${module} v${version}\n`,
    );
    await goBuild(source, ['-ldflags', '-s -w', '-o', join(folder, 'etcd'), module], signal);
    await rm(source, { recursive: true });
  });
}

async function goBuild(source: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  // What go leaves when it is killed goes with the folder; a go.mod in TMPDIR itself would be ignored.
  const scratch = join(source, 'tmp');
  await mkdir(scratch);
  // Whoever ends this process ends the build.
  const build = ['setpriv', '--pdeathsig', 'TERM', 'go', 'build', '-mod=mod', '-buildvcs=false', '-trimpath'];
  await run([...build, ...args], {
    cwd: source,
    env: { CGO_ENABLED: '0', TMPDIR: scratch },
    timeoutMs: BUILD_MS,
    signal,
  });
}
