import type { AgentSettings } from '../../lib/settings/agent-settings.ts';
import type { Environment } from '../../lib/settings/environment.ts';
import type { PodApi } from '../kubernetes/pod-api.ts';
import { VERSION } from '../version.ts';
import type { Drainer } from './drainer.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What asking the API needs of the rest of the agent. */
export interface AskApiParts {
  readonly own: AgentSettings;
  readonly environment: Environment;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** A verdict may have changed. */
  readonly changed: () => void;
  /** The pod's spec is another. */
  readonly respecified: () => void;
  readonly drainer: () => Drainer | undefined;
}

/** @returns the pod by the API; undefined where it is not asked. Only where it is, anything of it is loaded. */
export async function askApi(parts: AskApiParts): Promise<PodApi | undefined> {
  const { own, drainer, log, ...rest } = parts;
  if (own.api === undefined) return undefined;
  // Built as a file of its own (deploy/build.ts): with TLS it costs the agent some MiB.
  const { createPodApi } = await import('../kubernetes/pod-api.ts');
  return createPodApi({
    ...rest,
    own,
    api: own.api,
    userAgent: `podusher/${VERSION}`,
    log: { info: (fields, text) => log.info(fields, text), warn: (fields, text) => log.warn(fields, text) },
    deletion: graceMs => drainer()?.send({ type: 'deletion', graceMs }),
    withdrawal: withdrawn => drainer()?.send({ type: 'withdrawal', withdrawn }),
  });
}
