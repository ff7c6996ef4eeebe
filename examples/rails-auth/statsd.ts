/**
 * Stands in for a statsd agent whose backend is unreachable: after `--unhealthy-after` seconds it fails its probe,
 * after `--crash-after` seconds it crashes. Nothing of the pod needs it.
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8126' },
    'unhealthy-after': { type: 'string', default: '3' },
    'crash-after': { type: 'string' },
  },
});

const startedAt = performance.now();

createServer((_, response) => {
  const isHealthy = performance.now() - startedAt < Number(values['unhealthy-after']) * 1000;
  response.writeHead(isHealthy ? 200 : 503).end();
}).listen(Number(values.port));

if (values['crash-after'] !== undefined) {
  setTimeout(() => {
    console.log('the backend cannot be reached: giving up');
    process.exit(1);
  }, Number(values['crash-after']) * 1000);
}

process.on('SIGTERM', () => process.exit(0));
