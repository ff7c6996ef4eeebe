/** The example's manifests, as a test wants them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';
import { AGENT_IMAGE } from '../images.ts';

const FOLDER = join(import.meta.dirname, '../../../examples/rails-auth/cluster');

export interface Variant {
  readonly podusher: boolean;
  /** What Rails does at SIGTERM: it `stays` until SIGKILL, finishes what is in flight and `leaves`, or does so `later`. */
  readonly rails: 'stays' | 'leaves' | 'later';
  readonly replicas: number;
}

const ContainerSchema = v.looseObject({ name: v.string() });
type Container = v.InferOutput<typeof ContainerSchema>;
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

type Deployment = v.InferOutput<typeof DeploymentSchema>;

/** @returns the Service and the Deployment, for any namespace. */
export function manifestsOf({ podusher, rails, replicas }: Variant): readonly object[] {
  const file = podusher ? 'with.yaml' : 'without/rails-auth.yaml';
  return adapted(readFileSync(join(FOLDER, file), 'utf8'), ({ spec, ...rest }) => {
    const { template } = spec;
    const { containers } = template.spec;
    const varied = containers.map(one => (one.name === 'rails' ? RAILS[rails](one) : one));
    const pod = { ...template, spec: { ...template.spec, containers: varied } };
    return { ...rest, spec: { ...spec, replicas, template: pod } };
  });
}

/** @returns all but the Namespace of a text's objects, for any namespace, with the agent's image of this checkout. */
export function forAnyNamespace(text: string): readonly object[] {
  return adapted(text, deployment => deployment);
}

function adapted(text: string, vary: (deployment: Deployment) => Deployment): readonly object[] {
  const objects = parseAllDocuments(text).map(document => withoutNamespace(document.toJS()));
  return objects
    .filter(({ kind }) => kind !== 'Namespace')
    .map(object => {
      return object.kind === 'Deployment' ? withAgent(vary(v.parse(DeploymentSchema, object))) : object;
    });
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

function withAgent({ spec, ...rest }: Deployment): Deployment {
  const { template } = spec;
  const initContainers = template.spec.initContainers.map(agent => ({ ...agent, image: AGENT_IMAGE }));
  return {
    ...rest,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, initContainers } } },
  };
}

/** As an app that goes on for two seconds, as many do for its load balancer. */
const LATER = `
  puma --config puma.rb &
  puma=$!
  trap 'sleep 2; kill "$puma"' TERM
  wait "$puma"
  wait "$puma"`;

const RAILS: Readonly<Record<Variant['rails'], (container: Container) => Container>> = {
  stays: container => container,
  // Without the start script it is puma that hears SIGTERM.
  leaves: container => ({ ...container, command: undefined }),
  later: container => ({ ...container, command: ['sh', '-c', LATER] }),
};
