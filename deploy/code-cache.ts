/**
 * Keeps what V8 compiles of the agent while it starts: `node deploy/code-cache.ts MAIN` runs MAIN as the agent, with a
 * container to probe, until that is ready, and writes MAIN.code, which `start.cjs` reads. In a process of its own, for
 * it ends with it.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Script } from 'node:vm';

const LONGEST_MS = 10_000;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}

/** Only the functions that have run are compiled: those of the start, down to the answer of `/ready`. */
async function untilReady(url: string): Promise<void> {
  const giveUpAt = performance.now() + LONGEST_MS;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.status === 200) return;
    if (performance.now() > giveUpAt) throw new Error(`${url} was not 200 within ${LONGEST_MS} ms`);
    await sleep(20);
  }
}

// Settings of whoever builds are not this agent's.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('PODUSHER_')) delete process.env[name];
}
const [filename = ''] = process.argv.slice(2);
const container = await listen(createServer((_, response) => response.end()));
const placeholder = createServer();
const port = await listen(placeholder);
placeholder.close();
const folder = mkdtempSync(join(tmpdir(), 'podusher-build-'));
const annotations = join(folder, 'annotations');
writeFileSync(annotations, `readiness-probe.podusher.dev/app="http://:${container}/"\n`);

const script = new Script(readFileSync(filename, 'latin1'), { filename });
process.argv = [
  process.execPath,
  filename,
  'agent',
  `--port=${port}`,
  '--listen-address=127.0.0.1',
  `--annotations-file=${annotations}`,
];
script.runInThisContext()(createRequire(filename));
await untilReady(`http://127.0.0.1:${port}/ready`);
writeFileSync(`${filename}.code`, script.createCachedData());
rmSync(folder, { recursive: true });
process.exit();
