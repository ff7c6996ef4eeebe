/** The YAML that people copy: files of the checkout, and the manifest in the README. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';

export const ROOT: string = join(import.meta.dirname, '../..');

/** A Deployment's pod, as far as the tests look at it. */
export interface Template {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly initContainers: readonly Named[];
    readonly containers: readonly Named[];
    readonly volumes: readonly Named[];
  };
}

/** A container or a volume. */
export interface Named extends Readonly<Record<string, unknown>> {
  readonly name: string;
}

const Texts = v.record(v.string(), v.string());
const NamedList = v.optional(v.array(v.looseObject({ name: v.string() })), []);
const DeploymentSchema = v.looseObject({
  kind: v.literal('Deployment'),
  spec: v.looseObject({
    template: v.object({
      metadata: v.object({ labels: Texts, annotations: v.optional(Texts, {}) }),
      spec: v.looseObject({ initContainers: NamedList, containers: NamedList, volumes: NamedList }),
    }),
  }),
});

/** @returns a file's text; its path is relative to the checkout. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @returns the README's manifest. */
export function readmeManifest(): string {
  const manifest = /^```yaml\n(?<text>apiVersion: apps\/v1\n.*?)^```$/msu.exec(textOf('README.md'))?.groups;
  assert.ok(manifest?.['text'] !== undefined, 'README.md has a manifest');
  return manifest['text'];
}

/** @returns every document of a YAML text, as data. */
export function documentsOf(text: string): unknown[] {
  return parseAllDocuments(text).map(document => document.toJS());
}

/** @returns the pod of the text's only Deployment. */
export function templateOf(text: string): Template {
  const deployments = documentsOf(text).filter(document => v.is(DeploymentSchema, document));
  assert.equal(deployments.length, 1, 'one Deployment');
  return v.parse(DeploymentSchema, deployments[0]).spec.template;
}

/** @returns all containers but plain init containers. */
export function containersOf({ spec }: Template): Named[] {
  return [...spec.initContainers.filter(one => one['restartPolicy'] === 'Always'), ...spec.containers];
}

/** @returns the container or volume of this name. */
export function named(among: readonly Named[], name: string): Named {
  const found = among.find(one => one.name === name);
  assert.ok(found !== undefined, `there is one called ${name}`);
  return found;
}
