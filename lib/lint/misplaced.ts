/**
 * Annotations of ours on a Deployment itself. Pods get those of its template alone, so these are set for nobody, and
 * the API server takes them.
 */
import { ourAnnotations } from '../settings/annotation-key.ts';
import type { Mismatch } from './subject.ts';

/** More than that is no slip. */
const MOST = 50;

/**
 * @param document A Pod or a Deployment, as YAML gives it.
 * @returns every annotation of ours that a Deployment has and its pods have not.
 */
export function misplacedAnnotations(document: unknown): Mismatch[] {
  if (at(document, 'kind') !== 'Deployment') return [];
  const pods = at(document, 'spec', 'template', 'metadata', 'annotations');
  const own = at(document, 'metadata', 'annotations');
  const keys = typeof own === 'object' && own !== null ? Object.keys(own) : [];
  return keys
    .filter(key => isOurs(key) && at(pods, key) === undefined)
    .slice(0, MOST)
    .map(key => ({
      where: `metadata.annotations[${key}]`,
      message:
        'is on the Deployment, whose annotations its pods do not get; accepted: in spec.template.metadata.annotations',
    }));
}

function isOurs(key: string): boolean {
  return ourAnnotations(new Map([[key, '']])) !== '';
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? new Map(Object.entries(inner)).get(name) : undefined,
    value,
  );
}
