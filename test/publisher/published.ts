/** A Service that is published already, for tests of what is written next. */
import type { Plan } from '../../lib/publisher/reconcile.ts';
import { nodeObject, type PodParts, podObject, type ServiceParts, serviceObject } from './objects.ts';
import { Server } from './server.ts';

export function pod(index: number, parts: Partial<PodParts> = {}): object {
  return podObject({
    name: `web-${String(index).padStart(3, '0')}`,
    ip: `10.1.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    node: 'node-0',
    ...parts,
  });
}

/** A Service and so many ready pods, published. */
export function published(count: number, parts: ServiceParts = {}): Server {
  const server = new Server();
  server.putNode(nodeObject('node-0', 'zone-0', 'True'));
  server.putService(serviceObject(parts));
  for (let index = 0; index < count; index++) server.putPod(pod(index));
  server.reconcile();
  return server;
}

export function kindsOf({ writes }: Plan): string[] {
  return writes.map(({ type, takesOut }) => (takesOut ? `${type}, out` : type));
}

export const sizesOf = (server: Server): number[] =>
  [...server.slices.values()].map(({ endpoints }) => (Array.isArray(endpoints) ? endpoints.length : -1));
