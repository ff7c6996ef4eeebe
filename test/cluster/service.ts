import * as v from 'valibot';
import { get } from './kubectl.ts';

const ServiceSchema = v.object({ spec: v.object({ clusterIP: v.string() }) });

/** @returns a Service's address within the cluster. */
export async function serviceAddress(namespace: string, name: string): Promise<string> {
  return v.parse(ServiceSchema, await get(namespace, 'service', name)).spec.clusterIP;
}
