/** Who may import whom, and what a start may load. The lists are the architecture: change them with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { VERSION } from '../agent/version.ts';
import { closure, markGlobals, type OurModule, packagesOf, ROOT, readModules } from './modules.ts';
import { freePort } from './rehearse/cli.ts';

const modules = await readModules();
const lib = modules.filter(({ path }) => path.startsWith('lib/'));
const agent = modules.filter(({ path }) => path.startsWith('agent/'));

/** Which folders of lib each one uses when it runs, and of which it has types alone. */
const LIB_USES: Readonly<Record<string, { readonly runs: string; readonly types: string }>> = {
  settings: { runs: 'readiness', types: '' },
  readiness: { runs: '', types: 'settings' },
  drain: { runs: 'settings', types: 'readiness' },
  connections: { runs: '', types: 'drain settings' },
  kubelet: { runs: 'readiness', types: '' },
  lint: { runs: 'kubelet settings', types: '' },
  timeline: { runs: '', types: 'drain kubelet readiness' },
  status: { runs: 'drain readiness settings timeline', types: '' },
  metrics: { runs: '', types: '' },
  kubernetes: { runs: 'readiness settings timeline', types: 'drain' },
  publisher: { runs: 'connections kubernetes settings', types: '' },
  leader: { runs: '', types: '' },
};

/** The words that every folder speaks: they use nothing but each other. */
const EVERYWHERE = new Set([
  'lib/message-of.ts',
  'lib/parsed.ts',
  'lib/quoted.ts',
  'lib/suggest.ts',
  'lib/untimed.ts',
]);

/** Who may import a package from a registry; anybody else must not. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  valibot: /^lib\//,
  yaml: /^lib\/kubelet\/manifest\.ts$/,
  '@valibot/to-json-schema': /^lib\/\w+\/json-schema\.ts$/,
  koffi: /^agent\/sidecar\/sockets\//,
  pino: /^agent\/sidecar\/log\.ts$/,
  'prom-client': /^agent\/sidecar\/metrics\.ts$/,
};

/** What lib must do without: time, chance and the outside world come in as arguments. */
const IMPURE = [
  'Date.now performance Math.random crypto process console globalThis global require eval Function',
  'setTimeout setInterval setImmediate queueMicrotask fetch WebSocket Worker',
].flatMap(names => names.split(' '));

function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** @returns the folders of lib that these files are in, less some. */
function foldersOf(paths: readonly string[], not: readonly string[]): string[] {
  const others = paths.filter(path => path.startsWith('lib/') && !EVERYWHERE.has(path)).map(folderOf);
  return [...new Set(others)].filter(folder => !not.includes(folder)).toSorted((a, b) => a.localeCompare(b));
}

/** @returns `FILE: WHAT` for everything of a module that is not allowed. */
function offences(among: readonly OurModule[], find: (one: OurModule) => readonly string[]): string[] {
  return among.flatMap(one => find(one).map(what => `${one.path}: ${what}`));
}

test('the modules are read as they are', () => {
  const byPath = new Map(modules.map(one => [one.path, one]));
  const main = byPath.get('agent/main.ts');
  assert.ok(main?.loads.includes('agent/sidecar/command.ts'));
  assert.deepEqual(main?.loadsLater.toSorted(), ['agent/publisher/command.ts', 'agent/rehearse/command.ts']);
  const state = byPath.get('lib/drain/state.ts');
  assert.ok(state?.types.includes('lib/settings/settings.ts'));
  assert.ok(state?.exports.includes('serving'));
});

test('lib uses nothing but lib, valibot and yaml', () => {
  const found = offences(lib, one => [
    ...[...one.loads, ...one.types].filter(path => path.endsWith('.ts') && !path.startsWith('lib/')),
    ...one.loadsLater,
    ...packagesOf(one).filter(name => PACKAGES[name]?.test(one.path) !== true),
  ]);
  assert.deepEqual(found, []);
});

/** @returns the globals that a module names; of `Date`, only what tells the time. */
async function impuritiesOf(path: string): Promise<readonly string[]> {
  const code = await markGlobals(path, [...IMPURE, 'Date']);
  return code.match(/GLOBAL_(?!Date)\w+|(?<!new )GLOBAL_Date|GLOBAL_Date\(\)/g) ?? [];
}

test('lib has no clock, no timers, no chance and no way out', async () => {
  const found = await Promise.all(lib.map(({ path }) => impuritiesOf(path)));
  assert.deepEqual(
    found.flatMap((names, index) => names.map(name => `${lib[index]?.path}: ${name}`)),
    [],
  );
  assert.notDeepEqual(
    await impuritiesOf('agent/rehearse/clock.ts'),
    [],
    'a clock is found where there is one',
  );
});

test("lib's folders use each other as listed, and none in a circle when they run", () => {
  const found = Object.fromEntries(
    [...new Set(lib.filter(({ path }) => !EVERYWHERE.has(path)).map(({ path }) => folderOf(path)))].map(
      folder => {
        const own = lib.filter(({ path }) => folderOf(path) === folder);
        const runs = foldersOf(
          own.flatMap(({ loads }) => loads),
          [folder],
        );
        const types = foldersOf(
          own.flatMap(one => one.types),
          [folder, ...runs],
        );
        return [folder, { runs: runs.join(' '), types: types.join(' ') }];
      },
    ),
  );
  assert.deepEqual(found, LIB_USES);
  const ordered: string[] = [];
  for (let before = -1; before < ordered.length; ) {
    before = ordered.length;
    for (const [folder, { runs }] of Object.entries(LIB_USES)) {
      const isLeaf = runs.split(' ').every(other => other === '' || ordered.includes(other));
      if (isLeaf && !ordered.includes(folder)) ordered.push(folder);
    }
  }
  assert.deepEqual(new Set(ordered), new Set(Object.keys(LIB_USES)), 'the rest runs in a circle');
});

test('what every folder may use runs on nothing else', () => {
  const words = modules.filter(({ path }) => EVERYWHERE.has(path));
  assert.deepEqual(
    offences(words, one => one.loads.filter(path => !EVERYWHERE.has(path))),
    [],
  );
});

test('agent imports each package in one place', () => {
  const found = offences(agent, one =>
    packagesOf(one).filter(name => !name.startsWith('node:') && PACKAGES[name]?.test(one.path) !== true),
  );
  assert.deepEqual(found, []);
});

test('the commands do not use each other, but for the probes, the log and the metrics that they share', () => {
  const shared = /^agent\/sidecar\/(probes|outbound)\//;
  const ofPublisher = /^agent\/(publisher\/|kubernetes\/|sidecar\/(log|metrics)\.ts$)/;
  const found = offences(agent, ({ path, loads, loadsLater, types }) => {
    const used = [...loads, ...loadsLater, ...types].filter(other => other.startsWith('agent/'));
    const command = folderOf(path);
    if (command === 'sidecar') return used.filter(other => /\/(rehearse|publisher)\//.test(other));
    if (command === 'kubernetes') return used.filter(other => /\/(sidecar|rehearse|publisher)\//.test(other));
    if (command === 'publisher')
      return used.filter(other => other.split('/').length > 2 && !ofPublisher.test(other));
    if (command === 'rehearse')
      return used.filter(other => /\/(sidecar|kubernetes|publisher)\//.test(other) && !shared.test(other));
    if (path === 'agent/main.ts') return [];
    return used.filter(other => other.split('/').length > 2);
  });
  assert.deepEqual(found, []);
});

test('modules export by name, and none is past 250 lines', () => {
  assert.deepEqual(
    offences(modules, ({ exports }) => exports.filter(name => name === 'default')),
    [],
  );
  assert.deepEqual(
    modules.filter(({ lines }) => lines > 250).map(({ path }) => path),
    [],
  );
});

test('VERSION is the version of package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual({ version: VERSION }, { version: Object(manifest).version });
});

test('the agent never loads what is for development, and late what few pods need', () => {
  const ever = closure(modules, 'agent/main.ts', true);
  const { devDependencies } = Object(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  assert.deepEqual(
    Object.keys(Object(devDependencies)).filter(name => ever.has(name)),
    [],
  );
  const atStart = [...closure(modules, 'agent/main.ts', false)];
  const late =
    /^(koffi|yaml|node:(http2|https|tls|child_process)|(agent|lib)\/kubernetes\/.*|agent\/(rehearse|publisher)\/.*|lib\/kubelet\/.*)$/;
  assert.deepEqual(
    atStart.filter(
      path => late.test(path) || path === 'lib/status/page.ts' || path === 'lib/timeline/svg.ts',
    ),
    [],
  );
});

/** Tells its parent, when asked, which files the process has loaded, native ones too. */
const TELL_LOADED = `
  import { Module } from 'node:module';
  process.on('message', () => process.send([
    ...Object.keys(Module._cache),
    ...process.report.getReport().sharedObjects,
  ]));`;

test('the built agent loads neither koffi nor the rehearsal nor what asks the API when it starts', {
  timeout: 120_000,
}, async () => {
  const built = join(ROOT, 'dist/podusher.cjs');
  assert.ok(existsSync(built), 'Run "npm run build" first');
  const flags = ['agent', '--port', String(await freePort()), '--listen-address', '127.0.0.1'];
  const hook = `data:text/javascript,${encodeURIComponent(TELL_LOADED)}`;
  const child = spawn(process.execPath, ['--import', hook, built, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  assert.ok(child.stdout);
  try {
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('Listening')) break;
    child.send('loaded?');
    const [loaded] = await once(child, 'message');
    const files: unknown[] = Array.isArray(loaded) ? loaded : [];
    assert.ok(files.includes(built), 'the hook works');
    assert.deepEqual(
      files.filter(file => /rehearse|koffi|kubernetes|node_modules/.test(String(file).replace(ROOT, ''))),
      [],
    );
  } finally {
    child.kill('SIGKILL');
  }
});
