/** What pods do about their end, and how their manifests say so. */
import * as v from 'valibot';

export type Strategy = 'none' | 'sleep-5' | 'sleep-15' | 'podusher' | 'podusher-api';

interface How {
  /** Of every container: the hook that many have. */
  readonly sleepSeconds?: number;
  readonly podusher: boolean;
  /** Whether the agent asks the API. */
  readonly api: boolean;
}

const HOW: Readonly<Record<Strategy, How>> = {
  none: { podusher: false, api: false },
  'sleep-5': { sleepSeconds: 5, podusher: false, api: false },
  'sleep-15': { sleepSeconds: 15, podusher: false, api: false },
  podusher: { podusher: true, api: false },
  'podusher-api': { podusher: true, api: true },
};

/** @returns what a strategy is. */
export function howOf(strategy: Strategy): How {
  return HOW[strategy];
}

const ContainersSchema = v.optional(
  v.array(v.looseObject({ env: v.optional(v.array(v.unknown()), []) })),
  [],
);
const DeploymentSchema = v.looseObject({
  kind: v.literal('Deployment'),
  spec: v.looseObject({
    template: v.looseObject({
      spec: v.looseObject({ initContainers: ContainersSchema, containers: ContainersSchema }),
    }),
  }),
});

/**
 * @param podSpec Fields that the pods have beside their own.
 * @returns the object: of a Deployment, the pods as the strategy has them; the agent is their one init container.
 */
export function withStrategy(object: object, strategy: Strategy, podSpec: object): object {
  const parsed = v.safeParse(DeploymentSchema, object);
  if (!parsed.success) return object;
  const { spec, ...rest } = parsed.output;
  const { template } = spec;
  const { initContainers, containers, ...others } = template.spec;
  const { sleepSeconds, api } = howOf(strategy);
  const lifecycle = sleepSeconds && { preStop: { sleep: { seconds: sleepSeconds } } };
  const pod = {
    ...others,
    ...podSpec,
    ...(api && { automountServiceAccountToken: true }),
    initContainers: initContainers.map(agent =>
      api ? { ...agent, env: [...agent.env, { name: 'PODUSHER_API', value: 'true' }] } : agent,
    ),
    containers: containers.map(one => (lifecycle ? { ...one, lifecycle } : one)),
  };
  return { ...rest, spec: { ...spec, template: { ...template, spec: pod } } };
}
