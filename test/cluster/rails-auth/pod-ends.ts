/** How a pod's containers ended, as the API told at the last: to the second, once all of them were gone. Pure. */
import * as v from 'valibot';

export interface ContainerEnd {
  readonly exitCode: number;
  /** In ms since the epoch; the API cuts it to the second. */
  readonly finishedAt: number;
}

const Statuses = v.optional(
  v.array(
    v.object({
      name: v.string(),
      state: v.object({
        terminated: v.optional(v.object({ exitCode: v.number(), finishedAt: v.string() })),
      }),
    }),
  ),
  [],
);

const StateSchema = v.object({
  status: v.object({ containerStatuses: Statuses, initContainerStatuses: Statuses }),
});

/**
 * @param states The pod as the API had it, oldest first.
 * @returns the containers' ends by name; of those that have not ended, none.
 */
export function podEndsOf(states: readonly unknown[]): ReadonlyMap<string, ContainerEnd> {
  const ends = new Map<string, ContainerEnd>();
  for (const state of states) {
    const parsed = v.safeParse(StateSchema, state);
    if (!parsed.success) continue;
    const { initContainerStatuses, containerStatuses } = parsed.output.status;
    for (const { name, state: now } of [...initContainerStatuses, ...containerStatuses]) {
      if (now.terminated === undefined) continue;
      const { exitCode, finishedAt } = now.terminated;
      ends.set(name, { exitCode, finishedAt: Date.parse(finishedAt) });
    }
  }
  return ends;
}
