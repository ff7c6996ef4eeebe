/** The example's manifests, as a test wants them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { AGENT_IMAGE } from '../images.ts';

const FOLDER = join(import.meta.dirname, '../../../examples/rails-auth/cluster');

export interface Variant {
  readonly podusher: boolean;
  /** What Rails does at SIGTERM: it `stays` until SIGKILL, or finishes what is in flight and `leaves`. */
  readonly rails: 'stays' | 'leaves';
  readonly replicas: number;
}

const ContainerSchema = v.looseObject({ name: v.string() });
const ContainersSchema = v.optional(v.array(ContainerSchema), []);
const DeploymentSchema = v.looseObject({
  kind: v.literal('Deployment'),
  spec: v.looseObject({
    template: v.looseObject({
      spec: v.looseObject({ initContainers: ContainersSchema, containers: ContainersSchema }),
    }),
  }),
});

/** The Deployment's and the Service's name, and the pods' label `app`. */
export const NAME = 'rails-auth';

/** @returns the Service and the Deployment, for any namespace. */
export function manifestsOf(variant: Variant): readonly object[] {
  const file = variant.podusher ? 'with.yaml' : 'without/rails-auth.yaml';
  const documents = parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8'));
  const objects = documents.map(document => withoutNamespace(document.toJS()));
  return objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map(object =>
      object.kind === 'Deployment' ? vary(v.parse(DeploymentSchema, object), variant) : object,
    );
}

const ObjectSchema = v.looseObject({
  kind: v.string(),
  metadata: v.looseObject({ namespace: v.optional(v.string()) }),
});

function withoutNamespace(value: unknown): v.InferOutput<typeof ObjectSchema> {
  const object = v.parse(ObjectSchema, value);
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function vary(
  { spec, ...rest }: v.InferOutput<typeof DeploymentSchema>,
  { rails, replicas }: Variant,
): object {
  const pod = spec.template.spec;
  const initContainers = pod.initContainers.map(agent => ({ ...agent, image: AGENT_IMAGE }));
  const containers = rails === 'stays' ? pod.containers : pod.containers.map(withoutStartScript);
  const template = { ...spec.template, spec: { ...pod, initContainers, containers } };
  return { ...rest, spec: { ...spec, replicas, template } };
}

/** Without the start script it is puma that hears SIGTERM. */
function withoutStartScript(container: v.InferOutput<typeof ContainerSchema>): object {
  const { command: _, ...rest } = container;
  return container.name === 'rails' ? rest : container;
}
