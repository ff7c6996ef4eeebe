import type { TestContext } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient, type Limits } from '../../agent/kubernetes/client.ts';
import { TIMING, type Timing } from '../../agent/kubernetes/following.ts';
import { createLink, type Link } from '../../agent/kubernetes/link.ts';
import { type KnownPod, watchPod } from '../../agent/kubernetes/pod-watch.ts';
import { until } from '../agent/until.ts';
import { FakeApi, type Fault } from './fake-api.ts';
import { POD_NAME } from './objects.ts';

/** A watch of the pod, and how it stands; its waits are recorded, and made short. */
export interface Watched {
  readonly api: FakeApi;
  readonly known: () => KnownPod | undefined;
  readonly link: Link;
  /** How the link changed. */
  readonly changes: string[];
  /** The failures in a row and what the server asked to wait, at each wait. */
  readonly waits: [failures: number, askedMs: number | undefined][];
  readonly end: () => void;
}

/** Deadlines that hold though the machine lets this process wait. */
export const PATIENT: Limits = { headMs: 20_000, quietMs: 20_000, wholeMs: 20_000 };

/** Watches the pod of a fake API server, until the test ends. */
export async function watch(
  context: TestContext,
  fault?: Fault,
  timing: Partial<Timing> = {},
): Promise<Watched> {
  const api = await FakeApi.start(context);
  api.fault = fault;
  const waits: Watched['waits'] = [];
  const changes: string[] = [];
  let known: KnownPod | undefined;
  const link = createLink(() => performance.now(), {
    heard: () => {},
    changed: ({ state, because }) => changes.push(because === null ? state : `${state}: ${because}`),
  });
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test');
  const end = watchPod({
    client,
    name: POD_NAME,
    namespace: 'shop',
    link,
    changed: next => {
      known = next;
    },
    timing: {
      ...TIMING,
      list: PATIENT,
      watch: PATIENT,
      shortestWatchMs: 100,
      backOffMs(failures, _, askedMs) {
        waits.push([failures, askedMs]);
        return 20;
      },
      ...timing,
    },
  });
  context.after(() => {
    end();
    client.close();
  });
  return { api, known: () => known, link, changes, waits, end };
}

/** Resolves when the watch stands like that. */
export function is(link: Link, state: string): Promise<true> {
  return until(`the link to be ${state}`, () => (link.status.state === state ? true : undefined));
}
