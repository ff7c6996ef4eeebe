/** A rehearsed manifest: as it is, and with the agent as an ordinary container; for the cluster, two of its pods. Pure. */
import * as v from 'valibot';
import { parse } from 'yaml';
import { AGENT_IMAGE } from '../images.ts';

const ContainerSchema = v.looseObject({ name: v.string() });
const DeploymentSchema = v.looseObject({
  spec: v.looseObject({
    template: v.looseObject({
      metadata: v.looseObject({ annotations: v.record(v.string(), v.string()) }),
      spec: v.looseObject({
        initContainers: v.optional(v.array(ContainerSchema), []),
        containers: v.array(ContainerSchema),
      }),
    }),
  }),
});

type Container = v.InferOutput<typeof ContainerSchema>;
type Deployment = v.InferOutput<typeof DeploymentSchema>;
type Template = Deployment['spec']['template'];

/** @returns the manifest's text, as JSON: its native sidecar is one of the regular containers. */
export function withOrdinaryAgent(text: string): string {
  return JSON.stringify(
    changed(text, ({ metadata, spec }) => {
      const { 'podusher.dev/native-sidecars': _, ...annotations } = metadata.annotations;
      const { initContainers, containers, ...others } = spec;
      const agents = initContainers.map(({ restartPolicy: _policy, ...agent }) => agent);
      return {
        metadata: { ...metadata, annotations },
        spec: { ...others, initContainers: [], containers: [...containers, ...agents] },
      };
    }),
  );
}

/** @returns two of its pods, of which one can take over, with the agent's image of this checkout; and their Service. */
export function forCluster(text: string, name: string): readonly object[] {
  const deployment = changed(text, ({ spec, ...rest }) => {
    const { initContainers, containers } = spec;
    const pod = {
      initContainers: initContainers.map(withOurImage),
      containers: containers.map(withOurImage),
    };
    return { ...rest, spec: { ...spec, ...pod } };
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 3000 }] },
  };
  return [service, { ...deployment, spec: { ...deployment.spec, replicas: 2 } }];
}

function changed(text: string, change: (template: Template) => Template): Deployment {
  const { spec, ...rest } = v.parse(DeploymentSchema, parse(text));
  return { ...rest, spec: { ...spec, template: change(spec.template) } };
}

function withOurImage(container: Container): Container {
  return container.name === 'podusher' ? { ...container, image: AGENT_IMAGE } : container;
}
