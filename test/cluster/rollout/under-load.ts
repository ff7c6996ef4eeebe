/** An app of three pods at 60 requests a second, every 20th of which takes 3 s, and what became of them. */
import type { Outcome } from '../../../agent/rehearse/load/outcome.ts';
import { apply, waitFor } from '../kubectl.ts';
import { startLoad, startLoadPod } from '../load/client.ts';
import type { Clients } from '../load/plan.ts';
import { room } from '../load/room.ts';
import { grant } from '../rights.ts';
import { serviceAddress } from '../service.ts';
import { APP_NAME, type App, appManifests } from './apps.ts';
import { howOf } from './strategy.ts';

export interface Served {
  readonly sent: number;
  /** Answered with an error, refused, or not answered in 10 s. */
  readonly failed: readonly Outcome[];
  /** Their connection was closed without an answer. */
  readonly cut: readonly Outcome[];
}

export interface UnderLoad {
  /** Ends the load. @returns what became of all requests. */
  stop(): Promise<Served>;
}

/** Requests a second. */
export const RATE = 60;
const SLOW = { path: '/report', every: 20 };

const READY_MS = 120_000;

/**
 * Starts the app in an empty namespace and sends it requests, of each kind of client 60 a second.
 *
 * @param podSpec Fields that the pods have beside their own.
 */
export async function startUnderLoad(
  namespace: string,
  app: App,
  kinds: readonly Clients[],
  podSpec: object = {},
): Promise<UnderLoad> {
  await room();
  await startLoadPod(namespace);
  if (howOf(app.strategy).api) await grant(namespace);
  await apply(namespace, ...appManifests(app, podSpec));
  await waitFor(namespace, `deployment/${APP_NAME}`, 'condition=Available', READY_MS);
  const host = await serviceAddress(namespace, APP_NAME);
  const loads = await Promise.all(
    kinds.map(clients =>
      startLoad(namespace, clients, { host, port: 80, path: '/', rate: RATE, clients, slow: SLOW }),
    ),
  );
  return {
    stop: async () => {
      const outcomes = (await Promise.all(loads.map(load => load.stop()))).flat();
      return {
        sent: outcomes.length,
        failed: outcomes.filter(({ type }) => type === 'status' || type === 'unanswered'),
        cut: outcomes.filter(({ type }) => type === 'broken'),
      };
    },
  };
}
