/**
 * Fields of a manifest that Kubernetes does not have. Whatever is misspelt is not there: a pod whose `lifecyle` is
 * never read has no hook, and nobody says so.
 */
import { quoted } from '../quoted.ts';
import { didYouMean } from '../suggest.ts';
import { fieldsOf, type Kind } from './known-fields.ts';
import type { Mismatch } from './subject.ts';

/** More than that is no manifest with slips. */
const MOST = 50;

/**
 * @param document A Pod or a Deployment, as YAML gives it.
 * @returns every unknown field of the objects that are read, with its place: `spec.containers[rails].lifecyle`.
 */
export function unknownFields(document: unknown): Mismatch[] {
  const kind = isObject(document) && document['kind'] === 'Deployment' ? 'Deployment' : 'Pod';
  return unknownIn(document, kind, '').slice(0, MOST);
}

function unknownIn(value: unknown, kind: Kind, where: string): Mismatch[] {
  if (Array.isArray(value)) {
    // A list in a list is refused by whoever reads it; by an alias of YAML it may be in itself.
    return value.flatMap((item: unknown, index) =>
      isObject(item) ? unknownIn(item, kind, `${where}[${nameOf(item) ?? index}]`) : [],
    );
  }
  if (!isObject(value)) return [];
  const fields = fieldsOf(kind);
  return Object.entries(value).flatMap(([name, inner]): Mismatch[] => {
    const place = where === '' ? name : `${where}.${name}`;
    const innerKind = fields.get(name);
    if (innerKind !== undefined) return unknownIn(inner, innerKind, place);
    if (fields.has(name)) return [];
    const message = `Kubernetes has no field ${quoted(name)} here, so it is not read${didYouMean(name, fields.keys())}`;
    return [{ where: where === '' ? 'the manifest' : where, message }];
  });
}

/** Containers, volumes and ports are known by their names. */
function nameOf(item: unknown): string | undefined {
  const name = isObject(item) ? item['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
