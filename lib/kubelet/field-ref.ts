/** What the downward API tells a container about its pod: `fieldRef` of an env variable or of a volume's file. */
import { POD_ADDRESS } from './pod.ts';

/** What `fieldRef` may name. */
export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.labels',
  'metadata.annotations',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.podIP',
  'status.podIPs',
  'status.hostIP',
  'status.hostIPs',
] as const;

const NO_UID = '00000000-0000-0000-0000-000000000000';

/**
 * @returns the field's text as the kubelet writes it (`ExtractFieldPathAsString` in `pkg/fieldpath/fieldpath.go`);
 *   undefined for a field that is not known.
 */
export function fieldText(pod: PodIdentity, fieldPath: string): string | undefined {
  const { map, key } =
    /^metadata\.(?<map>labels|annotations)\['(?<key>[^']+)'\]$/u.exec(fieldPath)?.groups ?? {};
  if (map === 'labels' || map === 'annotations') return key === undefined ? undefined : (pod[map][key] ?? '');
  switch (fieldPath) {
    case 'metadata.name':
      return pod.name;
    case 'metadata.namespace':
      return pod.namespace;
    case 'metadata.uid':
      return NO_UID;
    case 'metadata.labels':
      return formatMap(pod.labels);
    case 'metadata.annotations':
      return formatMap(pod.annotations);
    case 'spec.nodeName':
      return 'localhost';
    case 'spec.serviceAccountName':
      return 'default';
    case 'status.podIP':
    case 'status.podIPs':
    case 'status.hostIP':
    case 'status.hostIPs':
      return POD_ADDRESS;
    default:
      return undefined;
  }
}

/** @returns the problem of a `fieldRef` at `path` that names no such field. */
export function unknownField(path: string, fieldPath: string): string {
  const accepted = FIELD_PATHS.join(', ');
  return `${path}.fieldRef.fieldPath: "${fieldPath}" is not rehearsed; accepted: ${accepted}`;
}

/** `FormatMap` in `pkg/fieldpath/fieldpath.go`: sorted lines of `key="value"`, the value as Go's `%q` quotes it. */
export function formatMap(map: Readonly<Record<string, string>>): string {
  const lines = Object.entries(map).map(([key, value]) => `${key}=${goQuoted(value)}`);
  return lines.toSorted().join('\n');
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

/** Go's `strconv.Quote`: what cannot be printed is escaped, all else is written as it is. */
function goQuoted(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\P{C}]|(?! )\p{Z}/gu, character => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (code < 0x80) return GO_ESCAPES[character] ?? `\\x${hex.padStart(2, '0')}`;
    return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
