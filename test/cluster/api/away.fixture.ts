/** Stories of one outage, one of which fails: what `away.test.ts` runs. */
import { test } from 'node:test';
import { during } from './away.ts';

const say = (what: string): void => void process.stdout.write(`did: ${what}\n`);

const AWAY = {
  take: async (): Promise<void> => say('taken'),
  giveBack: async (): Promise<void> => say('given-back'),
};

test('an outage', { concurrency: 3 }, context =>
  during(context, AWAY, {
    fails: () => Promise.reject(new Error('It does not stand it')),
    'does not wait': async () => say('seen'),
    waits: async untilBack => {
      await untilBack();
      say('caught-up');
    },
  }),
);
