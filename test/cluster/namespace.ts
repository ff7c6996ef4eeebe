/** A namespace for one test. */
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { beginToDelete, createNamespace } from './kubectl.ts';
import { whatHappenedIn } from './what-happened.ts';

/** Pods that ask for more than the strictest of Kubernetes' Pod Security Standards allows are refused. */
const ENFORCED = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/enforce-version': 'latest',
};

/** Two tests may begin in the same millisecond. */
let count = 0;

/**
 * Makes a namespace under `restricted`, which goes with all its pods when the test has ended: nobody waits for that but the
 * run's end (`removeLeft`). When it has failed, what happened in it is told.
 *
 * @param name of what is tested: `hooks`; the namespace's is unique
 * @returns the namespace's name
 */
export async function withNamespace(
  context: TestContext,
  name: string,
  labels: Readonly<Record<string, string>> = ENFORCED,
): Promise<string> {
  const unique = `${name}-${Date.now().toString(36)}-${count++}`;
  atEnd(context, async () => {
    // Node's types have no `passed` here.
    if (Object(context).passed === false) context.diagnostic(await whatHappenedIn(unique));
    await beginToDelete(unique);
  });
  await createNamespace(unique, labels);
  return unique;
}
