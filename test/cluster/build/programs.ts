/** The control plane's and the nodes' programs, from the cache where they are in it. */
import type { Programs } from '../machine/programs.ts';
import { type Say, step } from '../say.ts';
import { isCached } from './cache.ts';
import { etcd, kubernetes } from './kubernetes.ts';
import { etcdVersion } from './versions.ts';

/** @param version as `1.36.3`. @returns where they are, built if need be. */
export async function programsOf(version: string, signal: AbortSignal, say: Say): Promise<Programs> {
  const etcdWanted = await etcdVersion();
  const kubernetesIs = howLong(`kubernetes-${version}`, '10 minutes');
  const etcdIs = howLong(`etcd-${etcdWanted}`, 'a minute');
  return {
    kubernetes: await step(say, `Kubernetes ${version}, ${kubernetesIs}`, () => kubernetes(version, signal)),
    etcd: await step(say, `etcd ${etcdWanted}, ${etcdIs}`, () => etcd(etcdWanted, signal)),
  };
}

function howLong(name: string, about: string): string {
  return isCached(name) ? 'cached' : `to be built, about ${about} on two cores`;
}
