/** A test whose second undoing fails: what `at-end.test.ts` runs. */
import { test } from 'node:test';
import { atEnd } from './at-end.ts';

test('stops things', context => {
  for (const name of ['namespace', 'program', 'follower']) {
    atEnd(context, () => {
      process.stdout.write(`undone: ${name}\n`);
      if (name === 'program') throw new Error('It does not start');
    });
  }
});
