/** Lays out the image's root folder (Dockerfile): `node deploy/image.ts FOLDER`, after `npm run build`. */
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: node deploy/image.ts FOLDER');

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const app = join(folder, 'podusher');
const binding = dirname(require.resolve(`@koromix/koffi-linux-${process.arch}`));

await mkdir(join(folder, 'usr/local/bin'), { recursive: true });
await cp(process.execPath, join(folder, 'usr/local/bin/node'));
await cp(join(root, 'dist/podusher.cjs'), join(app, 'podusher.cjs'));
// koffi finds its binding as Node finds any package; of the package itself only what it loads.
for (const part of ['package.json', 'index.cjs', 'src/koffi', 'lib']) {
  await cp(join(root, 'node_modules/koffi', part), join(app, 'node_modules/koffi', part), {
    recursive: true,
  });
}
await cp(binding, join(app, 'node_modules', `@koromix/koffi-linux-${process.arch}`), {
  recursive: true,
  filter: path => !path.includes('musl'),
});
