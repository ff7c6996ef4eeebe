// What a recorder's container runs: it writes down, as lines of JSON, what the kubelet does to it, and does as it is told.
//
//     /hook?as=WHOSE              a preStop hook: &hold=MS or &hold=told; &end=500 or &end=broken
//     /answer                     lets the hooks that are told go
//     /probe?kind=KIND            answers as set
//     /set?kind=KIND&to=BEHAVIOUR a status, `never`, `elsewhere`, `late-body`, `long-body` or `flapping`
//     /exit?code=N                ends by itself
//     /hog                        takes more memory than it may
//     /fill?file=FILE             writes 8 MiB
//     /slow?ms=MS                 answers late: a request in flight
//     /ask?url=URL                asks somebody else, and does not wait for the answer
//     /kill-agent                 SIGKILL to the agent, where processes are shared
const fs = require('node:fs');
const { createServer } = require('node:http');

const { name, port, leaveMs, watches } = JSON.parse(process.env.RECORDER);

function tell(what, more = {}) {
  console.log(JSON.stringify({ at: Date.now(), what, ...more }));
}

const told = new Set();
const behaviours = new Map();
let probes = 0;

function hook(request, response, query) {
  const as = query.get('as');
  const { method, url, headers } = request;
  tell('hook', { as, method, url, headers });
  const hold = query.get('hold') ?? '0';
  const end = () => {
    told.delete(end);
    clearTimeout(timer);
    // Before the kubelet knows.
    tell('hook-answered', { as });
    if (query.get('end') === 'broken') request.socket.destroy();
    else response.writeHead(Number(query.get('end') ?? 200), { connection: 'close' }).end();
  };
  const timer = setTimeout(end, hold === 'told' ? 120_000 : Number(hold));
  if (hold === 'told') told.add(end);
  response.on('close', () => {
    if (told.delete(end)) tell('hook-left', { as });
  });
}

function probe(request, response, query) {
  const kind = query.get('kind');
  probes += 1;
  tell('probe', { kind, port: request.socket.remotePort });
  const to = behaviours.get(kind) ?? '200';
  if (to === 'never') return;
  if (to === 'elsewhere') response.writeHead(302, { location: 'http://other.invalid/' }).end();
  else if (to === 'late-body') response.writeHead(200).write('a');
  else if (to === 'long-body') response.end('a'.repeat(100_000));
  else if (to === 'flapping') response.writeHead(probes % 2 === 0 ? 200 : 500).end();
  else response.writeHead(Number(to)).end();
}

function killAgent() {
  for (const pid of fs.readdirSync('/proc').filter(Number)) {
    const [, script = ''] = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (script.endsWith('/podusher.cjs')) process.kill(Number(pid), 'SIGKILL');
  }
  tell('agent-killed');
}

function ask(url) {
  tell('asked', { url });
  fetch(url, { headers: { connection: 'close' } })
    .then(answer => answer.text())
    .then(
      text => tell('told', { text }),
      error => tell('told', { failed: String(error.cause ?? error) }),
    );
}

const hogged = [];

createServer((request, response) => {
  const { pathname, searchParams: query } = new URL(request.url, 'http://recorder');
  if (pathname === '/hook') return hook(request, response, query);
  if (pathname === '/probe') return probe(request, response, query);
  if (pathname === '/slow') {
    tell('request');
    return setTimeout(() => response.end('late'), Number(query.get('ms')));
  }
  if (pathname === '/ask') ask(query.get('url'));
  if (pathname === '/answer') for (const end of told) end();
  if (pathname === '/set') behaviours.set(query.get('kind'), query.get('to'));
  if (pathname === '/fill') fs.writeFileSync(query.get('file'), Buffer.alloc(8 * 1024 * 1024, 1));
  if (pathname === '/kill-agent') killAgent();
  if (pathname === '/hog') setInterval(() => hogged.push(Buffer.alloc(32 * 1024 * 1024, 1)), 20);
  response.end(name);
  if (pathname === '/exit') {
    tell('exit');
    process.exit(Number(query.get('code')));
  }
}).listen(port, () => tell('listening'));

if (watches !== undefined) {
  fs.watch(watches, (event, file) => {
    const path = `${watches}/annotations`;
    tell('file', {
      event,
      file,
      leads: fs.readlinkSync(`${watches}/..data`),
      text: fs.readFileSync(path, 'utf8'),
    });
  });
}

// So that a SIGKILL can be told from the last line.
setInterval(() => tell('alive'), 250);

process.on('SIGTERM', () => {
  tell('sigterm');
  if (leaveMs === undefined) return;
  setTimeout(() => {
    tell('exit');
    process.exit(0);
  }, leaveMs);
});
