/**
 * Builds `dist/`: `podusher.cjs` starts `main.cjs`, which is the agent and loads `rehearse.cjs` and
 * `publisher.cjs` for those commands alone, `kubernetes.cjs` where the API is asked for.
 * CommonJS, for a bundle of ES modules costs 12 MiB more memory (node:vm's module graph). Names are kept, so that stack
 * traces can be read.
 */
import { execFile } from 'node:child_process';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** What stays out of the agent's file, for few need it. */
const APART: ReadonlyMap<string, string> = new Map([
  ['./rehearse/command.ts', './rehearse.cjs'],
  ['./publisher/command.ts', './publisher.cjs'],
  ['../kubernetes/pod-api.ts', './kubernetes.cjs'],
]);

const apart: Plugin = {
  name: 'apart',
  setup(setup) {
    setup.onResolve({ filter: /^\..*\.ts$/ }, args => {
      const path = APART.get(args.path);
      return path === undefined ? undefined : { path, external: true };
    });
  },
};

/**
 * prom-client by the parts that are used: its index loads default metrics, the cluster and the push gateway too, which
 * cost 3.5 MiB and 20 ms of each start.
 */
const metricsByParts: Plugin = {
  name: 'metrics-by-parts',
  setup(setup) {
    const parts = ['Counter', 'Gauge', 'Histogram', 'Registry'].map(
      name => `exports.${name} = require('prom-client/lib/${name.toLowerCase()}.js');`,
    );
    setup.onResolve({ filter: /^prom-client$/ }, ({ path }) => ({ path, namespace: 'parts' }));
    setup.onLoad({ filter: /.*/, namespace: 'parts' }, () => ({
      contents: parts.join(''),
      resolveDir: root,
    }));
  },
};

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  minifyWhitespace: true,
  minifySyntax: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  // import() becomes require(): Node's loader of ES modules is never started.
  supported: { 'dynamic-import': false },
  external: ['koffi'],
  plugins: [apart, metricsByParts],
  legalComments: 'none',
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
await build({ ...common, entryPoints: ['agent/rehearse/command.ts'], outfile: 'dist/rehearse.cjs' });
await build({ ...common, entryPoints: ['agent/publisher/command.ts'], outfile: 'dist/publisher.cjs' });
await build({ ...common, entryPoints: ['agent/kubernetes/pod-api.ts'], outfile: 'dist/kubernetes.cjs' });
await build({
  ...common,
  entryPoints: ['agent/main.ts'],
  outfile: 'dist/main.cjs',
  // What start.cjs calls; Node would put the same around it.
  banner: { js: '(function(require){' },
  footer: { js: '})' },
});
// start.cjs reads it as Latin-1. esbuild escapes all else, but in tagged templates it cannot.
if (/[^\0-\x7F]/.test(await readFile(join(dist, 'main.cjs'), 'utf8'))) {
  throw new Error('A tagged template holds a character beyond ASCII: write it as an entity or an escape');
}
await promisify(execFile)(process.execPath, [join(root, 'deploy/code-cache.ts'), join(dist, 'main.cjs')]);
await copyFile(join(root, 'deploy/start.cjs'), join(dist, 'podusher.cjs'));
