/** Our modules as a parser sees them: esbuild's, for TypeScript 7 has no interface for programs. */
import { globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { build, transform } from 'esbuild';

export const ROOT: string = join(import.meta.dirname, '..');

/** One of our files, and what it imports: paths in the checkout, or packages. */
export interface OurModule {
  readonly path: string;
  readonly lines: number;
  readonly exports: readonly string[];
  /** Loaded when it is. */
  readonly loads: readonly string[];
  /** Loaded by `import()`, when it gets there. */
  readonly loadsLater: readonly string[];
  /** `import type`: gone when it runs. */
  readonly types: readonly string[];
}

/** Reads all modules of `lib` and `agent`. */
export async function readModules(): Promise<readonly OurModule[]> {
  const paths = globSync('{lib,agent}/**/*.ts', { cwd: ROOT });
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: paths,
    outdir: 'nowhere',
    outbase: '.',
    write: false,
    metafile: true,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const outputs = new Map(Object.values(metafile.outputs).map(output => [output.entryPoint, output]));
  return paths.map(path => {
    const imports = metafile.inputs[path]?.imports ?? [];
    const source = readFileSync(join(ROOT, path), 'utf8');
    return {
      path,
      lines: source.split('\n').length - 1,
      exports: outputs.get(path)?.exports ?? [],
      loads: imports.filter(({ kind }) => kind !== 'dynamic-import').map(one => one.path),
      loadsLater: imports.filter(({ kind }) => kind === 'dynamic-import').map(one => one.path),
      types: typesOf(path, source),
    };
  });
}

/** The parser drops types before anybody can ask; the formatter lets no import be written otherwise. */
function typesOf(path: string, source: string): string[] {
  const imports = source.matchAll(/^(?:import|export) type [^;]*? from '([^']+)';$/gm);
  return [...imports].map(([, from = '']) =>
    from.startsWith('.') ? posix.join(posix.dirname(path), from) : from,
  );
}

/** @returns whatever a module needs besides its own checkout: `node:fs`, `valibot`. */
export function packagesOf({ loads, loadsLater, types }: OurModule): string[] {
  return [...loads, ...loadsLater, ...types].filter(one => isBuiltin(one) || !one.endsWith('.ts'));
}

/** @returns the code with its globals marked, by scope: a parameter of the same name is none. */
export async function markGlobals(path: string, globals: readonly string[]): Promise<string> {
  const marks = globals.map(name => [name, `GLOBAL_${name.replace('.', '_')}`]);
  const source = readFileSync(join(ROOT, path), 'utf8');
  const { code } = await transform(source, { loader: 'ts', define: Object.fromEntries(marks) });
  return code;
}

/** @returns everything that is loaded when `path` is, itself included. */
export function closure(modules: readonly OurModule[], path: string, later: boolean): ReadonlySet<string> {
  const byPath = new Map(modules.map(one => [one.path, one]));
  const seen = new Set([path]);
  for (const next of seen) {
    const { loads = [], loadsLater = [] } = byPath.get(next) ?? {};
    for (const one of later ? [...loads, ...loadsLater] : loads) seen.add(one);
  }
  return seen;
}
