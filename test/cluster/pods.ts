import * as v from 'valibot';
import { get } from './kubectl.ts';

const PodsSchema = v.object({ items: v.array(v.object({ metadata: v.object({ name: v.string() }) })) });

/** @returns the names of the pods that are labelled `app=APP`, those that terminate among them. */
export async function podNames(namespace: string, app: string): Promise<readonly string[]> {
  const pods = v.parse(PodsSchema, await get(namespace, 'pods', '--selector', `app=${app}`));
  return pods.items.map(({ metadata }) => metadata.name);
}
