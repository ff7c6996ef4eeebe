/** Where in a manifest something is, as `kubectl` users write it, containers by their names. */
import type { Container } from '../kubelet/pod.ts';
import { podKey } from '../settings/annotation-key.ts';
import type { Row } from '../settings/row.ts';
import type { Subject } from './subject.ts';

/** @returns the place of a container's field: `spec.containers[rails].readinessProbe`. */
export function placeOf({ path }: Pick<Subject, 'path'>, { name, kind }: Container, field: string): string {
  return `${path}.${kind === 'regular' ? 'containers' : 'initContainers'}[${name}].${field}`;
}

/** @returns the place that a problem with the settings names: `metadata.annotations[podusher.dev/drain-min]`. */
export function placeOfSource(subject: Subject, source: string): string {
  const [, kind, name] = /^(annotation|flag|variable) (.*)$/su.exec(source) ?? [];
  if (kind === 'flag') return placeOf(subject, subject.agent, 'args');
  if (kind === 'variable') return placeOf(subject, subject.agent, `env[${name}]`);
  const annotations = `${subject.path.replace(/spec$/u, 'metadata')}.annotations`;
  return kind === undefined ? annotations : `${annotations}[${name}]`;
}

/** @returns where the value of a setting of the pod came from, or the annotation that would bring one. */
export function placeOfSetting(subject: Subject, row: Pick<Row<unknown>, 'name'>): string {
  const source = subject.reader.sourceOf(row);
  return placeOfSource(subject, source === 'default' ? `annotation ${podKey(row)}` : source);
}
