/** What a test undoes when it ends: all of it, whatever of it fails. */
import type { TestContext } from 'node:test';

type Undo = () => unknown;

const undosOf = new WeakMap<TestContext, Undo[]>();

/**
 * Has something undone when the test has ended, also when it has failed; what came last is undone first, so that what a test
 * has stopped runs again before its namespace goes. The first failure fails the test, when all is undone: `context.after`
 * alone leaves out the hooks that follow one that throws.
 */
export function atEnd(context: TestContext, undo: Undo): void {
  const undos = undosOf.get(context) ?? [];
  undos.push(undo);
  if (undosOf.has(context)) return;
  undosOf.set(context, undos);
  context.after(() => undoAll(undos.toReversed()));
}

async function undoAll(undos: readonly Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (const undo of undos) {
    try {
      await undo();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
