/**
 * What the agent is held against: the least HTTP server that Node can be. `node reference.cjs PORT [TARGET…]`; where
 * ports are given as targets, it asks each of them once a second, which is the least that probing by `node:http` costs.
 */
const { createServer, get } = require('node:http');

const [ownPort, ...targets] = process.argv.slice(2).map(Number);
createServer((_, response) => response.end('ok')).listen(ownPort, '127.0.0.1');
if (targets.length > 0) setInterval(() => targets.forEach(ask), 1000);

function ask(port) {
  get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, response => response.resume());
}
