/** What `npm test` leaves out, in one line: the tests on a cluster, and whether they can run here. */
import { whyNot } from './possible.ts';

const reason = await whyNot();
const how = reason === null ? 'run "npm run test:cluster"' : `they cannot run here: ${reason}`;
process.stdout.write(`The tests on a cluster are left out; ${how}\n`);
