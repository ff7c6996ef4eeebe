/** A Service of which endpoints are to go from one slice to another. */
import { published } from './published.ts';
import type { Json, Server } from './server.ts';

function listOf(slice: Json | undefined): readonly unknown[] {
  return Array.isArray(slice?.['endpoints']) ? slice['endpoints'] : [];
}

/** @param pods more than 130: the first slice has thirty that do not fit into it, which will go to the second. */
export function overfull(pods: number): Server {
  const server = published(pods);
  const [[first = '', one] = [], [second = '', other] = []] = server.slices;
  const endpoints = listOf(other);
  server.slices.set(first, { ...one, endpoints: [...listOf(one), ...endpoints.slice(0, 30)] });
  server.slices.set(second, { ...other, endpoints: endpoints.slice(30) });
  return server;
}
