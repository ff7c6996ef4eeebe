/** `npm run cluster:down` */
import { removeAbandoned } from './build/cache.ts';
import { command } from './command.ts';
import { takeDown } from './machine/down.ts';
import { step } from './say.ts';

await command(async ({ say }) => {
  const was = await step(say, 'Take the cluster down', takeDown);
  if (!was) say('There was none\n');
  await removeAbandoned();
});
