/**
 * Builds `dist/`: `podusher.cjs`, which is the agent, and `rehearse.cjs`, which it loads for that command alone.
 * CommonJS, for a bundle of ES modules costs 12 MiB more memory (node:vm's module graph).
 */
import { rm } from 'node:fs/promises';
import { build, type Plugin } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;

/** The other commands stay out of the agent's file. */
const commandsApart: Plugin = {
  name: 'commands-apart',
  setup(setup) {
    setup.onResolve({ filter: /^\.\/rehearse\/command\.ts$/ }, () => ({
      path: './rehearse.cjs',
      external: true,
    }));
  },
};

await rm(`${root}/dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { podusher: 'agent/main.ts', rehearse: 'agent/rehearse/command.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['koffi'],
  plugins: [commandsApart],
  legalComments: 'none',
  logLevel: 'warning',
});
