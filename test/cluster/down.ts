/** `npm run cluster:down` */
import { command } from './command.ts';
import { takeDown } from './machine/down.ts';
import { step } from './say.ts';

await command(async ({ say }) => {
  const was = await step(say, 'Take the cluster down', takeDown);
  if (!was) say('There was none\n');
});
