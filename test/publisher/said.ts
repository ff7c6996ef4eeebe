/** What slices say, whatever the slices are. */
import { type Json, metadataOf } from './server.ts';

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** All that is said of endpoints, and to whom: one line for each endpoint. */
export function saidBy(slices: readonly Json[]): string[] {
  return slices
    .flatMap(slice => {
      const ports = listOf(slice['ports']).map(port => JSON.stringify(sorted(port)));
      const head = [slice['addressType'], ports.sort(), sorted(metadataOf(slice).labels)];
      return listOf(slice['endpoints']).map(endpoint => JSON.stringify([...head, sorted(endpoint)]));
    })
    .sort();
}

/** The same in a canonical order, without what is empty. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]),
  );
}

interface Published {
  readonly addresses: readonly string[];
  readonly conditions: Readonly<Record<string, boolean>>;
}

/** By family: each address, and its conditions. One that is in two slices is there twice. */
export function publishedBy(slices: readonly Json[]): string[] {
  return slices
    .flatMap(slice => {
      const endpoints: readonly Published[] = Array.isArray(slice['endpoints']) ? slice['endpoints'] : [];
      return endpoints.map(
        ({ addresses, conditions: { ready, serving, terminating } }) =>
          `${String(slice['addressType'])} ${addresses.join()} ${ready} ${serving} ${terminating}`,
      );
    })
    .sort();
}
