/**
 * Lays out the image's root folder (Dockerfile): `node deploy/image.ts FOLDER`, after `npm run build`. What it runs on is
 * what this file runs on: its Node, its C library, its processor.
 */
import { execFile } from 'node:child_process';
import { cp, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: node deploy/image.ts FOLDER');

const root = join(import.meta.dirname, '..');
const app = join(folder, 'podusher');

await cp(process.execPath, join(folder, 'usr/local/bin/node'));
for (const file of ['podusher.cjs', 'main.cjs', 'main.cjs.code', 'kubernetes.cjs', 'publisher.cjs']) {
  await cp(join(root, 'dist', file), join(app, file));
}

// Of koffi, which comes with C sources and bindings for other C libraries, just what it loads here.
const load = createRequire(import.meta.url);
load('koffi');
const modules = await realpath(join(root, 'node_modules'));
const loaded = Object.keys(load.cache).map(file => relative(modules, file));
const packages = ['koffi', `@koromix/koffi-linux-${process.arch}`];
const files = [
  ...loaded.filter(file => packages.some(name => file.startsWith(`${name}/`))),
  ...packages.map(name => join(name, 'package.json')),
  'koffi/LICENSE.txt',
];
for (const file of files) await cp(join(modules, file), join(app, 'node_modules', file));

// The C library and what else Node and koffi link to, where they look for it.
const binding = loaded.find(file => file.endsWith('.node'));
if (binding === undefined) throw new Error('koffi has loaded no binding');
const { stdout } = await promisify(execFile)('ldd', [process.execPath, join(modules, binding)]);
const libraries = new Set(stdout.match(/(?<=\s)\/\S+(?= \(0x)/gu));
for (const library of libraries) await cp(library, join(folder, library), { dereference: true });
