/** What the agent is held against: the least HTTP server that Node can be. `node reference.cjs PORT` */
const { createServer } = require('node:http');

createServer((_, response) => response.end('ok')).listen(Number(process.argv[2]), '127.0.0.1');
