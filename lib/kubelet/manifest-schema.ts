/**
 * The fields of a manifest that a rehearsal reads, each with its shape. Other fields are let through: the API
 * server, not a rehearsal, judges whether a manifest is valid. Probes and hooks are checked by `handlers.ts`.
 */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';

export interface PodManifest {
  readonly metadata: MetadataManifest;
  readonly spec: SpecManifest;
}

export interface MetadataManifest {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SpecManifest {
  readonly terminationGracePeriodSeconds: number;
  readonly shareProcessNamespace: boolean;
  readonly initContainers: readonly ContainerManifest[];
  readonly containers: readonly ContainerManifest[];
  readonly volumes: readonly VolumeManifest[];
}

export interface ContainerManifest {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | null | undefined;
  readonly args: readonly string[];
  readonly workingDir?: string | null | undefined;
  readonly restartPolicy?: string | null | undefined;
  readonly env: readonly EnvManifest[];
  readonly envFrom: readonly unknown[];
  readonly ports: readonly PortManifest[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly lifecycle: LifecycleManifest;
  readonly startupProbe?: unknown;
  readonly readinessProbe?: unknown;
  readonly livenessProbe?: unknown;
}

export interface EnvManifest {
  readonly name: string;
  readonly value: string;
  readonly valueFrom?: { readonly fieldRef?: FieldRefManifest | null | undefined } | null | undefined;
}

export interface FieldRefManifest {
  readonly fieldPath: string;
}

export interface PortManifest {
  readonly containerPort: number;
  readonly name: string;
  readonly protocol: string;
}

export interface LifecycleManifest {
  readonly preStop?: unknown;
  readonly postStart?: unknown;
  readonly stopSignal?: unknown;
}

export interface VolumeManifest {
  readonly name: string;
  readonly downwardAPI?:
    | {
        readonly items: readonly {
          readonly path: string;
          readonly fieldRef?: FieldRefManifest | null | undefined;
        }[];
      }
    | null
    | undefined;
}

/**
 * @param value A `Pod` or `Deployment`, as YAML or JSON gives it.
 * @returns its pod, or all problems, each with the field's path before it: `spec.containers.0.name: is missing`.
 */
export function checkManifest(value: unknown): Parsed<PodManifest> {
  if (v.is(v.looseObject({ kind: v.literal('Deployment') }), value)) {
    const result = v.safeParse(DeploymentSchema, value);
    if (!result.success) return unparsed(...problems(result.issues));
    const { metadata, spec } = result.output;
    const { name, namespace } = metadata;
    return parsed({ ...spec.template, metadata: { ...spec.template.metadata, name, namespace } });
  }
  const result = v.safeParse(PodSchema, value);
  return result.success ? parsed(result.output) : unparsed(...problems(result.issues));
}

function problems(issues: readonly v.BaseIssue<unknown>[]): string[] {
  return issues.map(issue => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  });
}

const text = v.string(issue => `${issue.received} is not text`);
const words = v.array(text, issue => `${issue.received} is not a list of texts`);
const texts = v.record(text, text, issue => `${issue.received} is not a map of texts`);
const label = v.pipe(
  text,
  v.regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u,
    issue => `${issue.received} is no container's name; accepted: a-z, 0-9, -`,
  ),
);
const port = wholeNumber(1, 65_535);
const seconds = wholeNumber(0, 3600);
const fieldRef = object({ fieldPath: text });

const ContainerSchema = object({
  name: label,
  image: v.nullish(text, ''),
  command: v.nullish(words),
  args: v.nullish(words, []),
  workingDir: v.nullish(text),
  restartPolicy: v.nullish(text),
  env: list(
    object({
      name: text,
      value: v.nullish(text, ''),
      valueFrom: v.nullish(object({ fieldRef: v.nullish(fieldRef) })),
    }),
  ),
  envFrom: list(v.unknown()),
  ports: list(object({ containerPort: port, name: v.nullish(text, ''), protocol: v.nullish(text, 'TCP') })),
  volumeMounts: list(object({ name: text, mountPath: text })),
  lifecycle: v.nullish(object({}), {}),
});

const VolumeSchema = object({
  name: text,
  downwardAPI: v.nullish(object({ items: list(object({ path: text, fieldRef: v.nullish(fieldRef) })) })),
});

const MetadataSchema = v.nullish(
  object({
    name: v.nullish(text, 'rehearsed'),
    namespace: v.nullish(text, 'default'),
    labels: v.nullish(texts, {}),
    annotations: v.nullish(texts, {}),
  }),
  {},
);

const SpecSchema = object({
  terminationGracePeriodSeconds: v.nullish(seconds, 30),
  restartPolicy: v.nullish(
    v.literal('Always', issue => `${issue.received} is not rehearsed; accepted: Always`),
  ),
  shareProcessNamespace: v.nullish(v.boolean(), false),
  initContainers: list(ContainerSchema),
  containers: v.pipe(list(ContainerSchema), v.minLength(1, 'No container; a pod has at least one')),
  volumes: list(VolumeSchema),
});

const PodSchema = object({ metadata: MetadataSchema, spec: SpecSchema });

const DeploymentSchema = object({ metadata: MetadataSchema, spec: object({ template: PodSchema }) });

/** A list may be left out, or null, as in `env:` without entries. */
function list<const T extends v.GenericSchema>(item: T) {
  return v.nullish(
    v.array(item, issue => `${issue.received} is not a list`),
    [],
  );
}

function object<const T extends v.ObjectEntries>(entries: T) {
  return v.looseObject(entries, issue =>
    issue.received === 'undefined' ? 'is missing' : `${issue.received} is not an object`,
  );
}

function wholeNumber(min: number, max: number) {
  return v.custom<number>(
    given => Number.isInteger(given) && Number(given) >= min && Number(given) <= max,
    issue => `${issue.received} is not accepted; accepted: whole numbers, ${min} to ${max}`,
  );
}
