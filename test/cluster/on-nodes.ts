/** Tests that reach into the nodes: what stops, slows or reads their programs can be done to our own cluster alone. */
import { type TestContext, type TestOptions, test } from 'node:test';
import { isOurs } from './kubectl.ts';

/** Declares a test that needs the nodes. On another cluster it is not run, and that is said. */
export function testOnNodes(
  title: string,
  work: (context: TestContext) => Promise<void>,
  options: TestOptions = {},
): void {
  if (isOurs) test(title, options, work);
  else sayNotTested(title);
}

/** Says what is not tested on a cluster that is not ours. */
export function sayNotTested(what: string): void {
  process.stdout.write(`Not tested on this cluster, whose nodes are out of reach: ${what}\n`);
}
