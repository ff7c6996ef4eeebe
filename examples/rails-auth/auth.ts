/** Stands in for the auth container: answers rails, and leaves at once on SIGTERM. */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4000' } } });

createServer((_, response) => response.end('ok\n')).listen(Number(values.port));

process.on('SIGTERM', () => {
  console.log('SIGTERM: leaving');
  process.exit(0);
});
