/** Putting a cluster that stays in order, after a run that was stopped or killed in the middle of a test. */
import * as v from 'valibot';
import { connectAll } from './cables.ts';
import { deleteNamespace, kubectl, RUN_LABEL } from './kubectl.ts';
import { NODES } from './machine/place.ts';
import { isAlive } from './machine/process-id.ts';
import { allProgramsRun } from './nodes.ts';
import { all } from './wait.ts';

const ListSchema = v.object({
  items: v.array(
    v.object({ metadata: v.object({ name: v.string(), labels: v.record(v.string(), v.string()) }) }),
  ),
});

/**
 * Every program runs and every cable is in, as after `cluster:up`; of runs that are over, no namespace is left. A node's
 * labels stay.
 */
export async function mend(): Promise<void> {
  await connectAll();
  await allProgramsRun();
  await kubectl(['uncordon', ...NODES.map(({ name }) => name)]);
  await removeLeft();
}

/** Removes the namespaces of tests whose process has ended, and waits until they are gone. */
export async function removeLeft(): Promise<void> {
  const listed = await kubectl(['get', 'namespaces', '--selector', RUN_LABEL, '--output', 'json']);
  const { items } = v.parse(ListSchema, JSON.parse(listed));
  const left = items.filter(({ metadata }) => !isRunning(metadata.labels[RUN_LABEL] ?? ''));
  await all(left.map(({ metadata }) => deleteNamespace(metadata.name)));
}

function isRunning(run: string): boolean {
  const [pid = NaN, startTime = NaN] = run.split('.').map(Number);
  return isAlive({ pid, startTime });
}
