import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import { freePort } from '../rehearse/cli.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEADLINE_MS = 60_000;

/** @returns the image's root folder, which is gone when the test has ended. */
async function layOut(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'podusher-image-'));
  context.after(() => rm(folder, { recursive: true }));
  await promisify(execFile)(process.execPath, [join(ROOT, 'deploy/image.ts'), folder]);
  return folder;
}

/** Starts the agent of the image with nothing but what is in it; a termination begins at once. */
async function terminating(context: TestContext, folder: string): Promise<string> {
  const port = await freePort();
  const flags = [`--port=${port}`, '--listen-address=127.0.0.1', '--containers=app', '--drain-min=10s'];
  const node = join(folder, 'usr/local/bin/node');
  const child = spawn(node, [join(folder, 'podusher/podusher.cjs'), 'agent', ...flags], {
    cwd: folder,
    env: {},
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  context.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const origin = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${origin}/livez`)).ok);
  for (const container of ['podusher', 'app']) {
    fetch(`${origin}/drain?container=${container}`).catch(() => {});
  }
  return origin;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + DEADLINE_MS;
  while (!(await holds().catch(() => false))) {
    assert.ok(performance.now() < giveUpAt, 'It did not come about in time');
    await sleep(20);
  }
}

test('the image has what the agent needs, and a drain reads sockets by netlink', async context => {
  const origin = await terminating(context, await layOut(context));
  const sockets = async (): Promise<unknown> =>
    Object(await (await fetch(`${origin}/status`)).json()).sources.sockets;
  await until(async () => Object(await sockets()).because === null);
  assert.deepEqual(await sockets(), { used: 'sock_diag', because: null });
});

test('the image has what the publisher needs', async context => {
  const folder = await layOut(context);
  const command = [join(folder, 'podusher/podusher.cjs'), 'publisher', '--dry-run'];
  const failed: unknown = await promisify(execFile)(join(folder, 'usr/local/bin/node'), command, {
    cwd: folder,
    env: {},
  }).catch((error: unknown) => error);
  assert.match(Object(failed).stderr, /^Not in a cluster: /u);
});

test('the image has of koffi neither sources nor the bindings of other C libraries', async context => {
  const modules = join(await layOut(context), 'podusher/node_modules');
  const files = await readdir(modules, { recursive: true, withFileTypes: true });
  const names = files.filter(file => file.isFile()).map(({ name }) => name);
  assert.equal(names.filter(name => name.endsWith('.node')).length, 1);
  assert.deepEqual(
    names.filter(name => !/\.(c?js|json|node|txt)$/.test(name)),
    [],
  );
});

test('the image has every library that its Node and its binding link to', async context => {
  const folder = await layOut(context);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(file =>
    file.isFile(),
  );
  const pathOf = (matching: RegExp): string => {
    const found = files.find(({ name }) => matching.test(name));
    assert.ok(found, String(matching));
    return join(found.parentPath, found.name);
  };
  const libraries = dirname(pathOf(/^libc\.so/));
  for (const linked of [pathOf(/^node$/), pathOf(/\.node$/)]) {
    const list = ['--list', '--inhibit-cache', '--library-path', libraries, linked];
    const { stdout } = await promisify(execFile)(pathOf(/^ld-linux/), list);
    const found = stdout.match(/(?<==> )\S+/g) ?? [];
    assert.ok(found.length > 3, stdout);
    assert.deepEqual(
      found.filter(library => !library.startsWith(folder)),
      [],
    );
  }
});

test('the code is compiled whatever variables whoever builds it has set for the agent', async context => {
  const folder = await mkdtemp(join(tmpdir(), 'podusher-code-'));
  context.after(() => rm(folder, { recursive: true }));
  const main = join(folder, 'main.cjs');
  await copyFile(join(ROOT, 'dist/main.cjs'), main);
  const variables = { PODUSHER_DRAINMIN: '4s', PODUSHER_TOKEN: 'not a token', PODUSHER_PORT: '80' };
  const env = { ...process.env, ...variables };
  await promisify(execFile)(process.execPath, [join(ROOT, 'deploy/code-cache.ts'), main], { env });
  assert.ok((await readFile(`${main}.code`)).length > 0);
});

test('the Node that built it takes the code that was compiled', async () => {
  const main = join(ROOT, 'dist/main.cjs');
  const [source, cachedData] = await Promise.all([readFile(main, 'latin1'), readFile(`${main}.code`)]);
  assert.equal(new Script(source, { filename: main, cachedData }).cachedDataRejected, false);
});
