/** From a manifest's text to the pod that is rehearsed. What is wrong is reported all at once, with its path. */
import { parseAllDocuments } from 'yaml';
import { messageOf } from '../message-of.ts';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { fieldText, type PodIdentity, unknownField } from './field-ref.ts';
import { checkManifest, type PodManifest, type VolumeManifest } from './manifest-schema.ts';
import type { DownwardVolume, Pod } from './pod.ts';
import { type Findings, readContainer } from './read-container.ts';

/** A pod, and what of its manifest a rehearsal leaves out. */
export interface Manifest {
  readonly pod: Pod;
  /** Where the pod's spec is in its manifest: `spec`, `spec.template.spec`. */
  readonly path: string;
  /** Phrases such as `spec.containers.0.lifecycle.postStart: not run`. */
  readonly notes: readonly string[];
}

/**
 * @param text YAML (or JSON) of one or more documents, one of which is a Pod or a Deployment.
 * @returns the pod, or all problems: `spec.containers.0.ports.0.containerPort: 70000 is not accepted; …`.
 */
export function parseManifest(text: string): Parsed<Manifest> {
  const document = parseDocument(text);
  return document.ok ? readManifest(document.value) : document;
}

/** @returns the one Pod or Deployment of a text, as YAML gives it, or all problems. */
export function parseDocument(text: string): Parsed<unknown> {
  const documents = parseAllDocuments(text);
  const errors = documents.flatMap(document => document.errors.map(({ message }) => firstLine(message)));
  if (errors.length > 0) return unparsed(...errors);
  let values: unknown[];
  try {
    values = documents.map(document => document.toJS());
  } catch (error) {
    // Aliases that would grow without bound.
    return unparsed(`Not YAML: ${messageOf(error)}`);
  }
  const pods = values.filter(value => ['Pod', 'Deployment'].includes(kindOf(value)));
  if (pods.length !== 1) {
    return unparsed(`Found ${pods.length} Pods or Deployments; accepted: exactly one in a file`);
  }
  return parsed(pods[0]);
}

/** @returns the pod of a Pod or Deployment, or all problems. */
export function readManifest(document: unknown): Parsed<Manifest> {
  const manifest = checkManifest(document);
  if (!manifest.ok) return manifest;
  return readPod(manifest.value, kindOf(document) === 'Pod' ? 'spec' : 'spec.template.spec');
}

function readPod({ metadata, spec }: PodManifest, path: string): Parsed<Manifest> {
  const findings: Findings = { problems: [], notes: [] };
  const init = spec.initContainers.map((container, index) => {
    const kind = container.restartPolicy === 'Always' ? 'native-sidecar' : 'init';
    return readContainer(container, kind, metadata, `${path}.initContainers.${index}`, findings);
  });
  const regular = spec.containers.map((container, index) =>
    readContainer(container, 'regular', metadata, `${path}.containers.${index}`, findings),
  );
  const containers = [...init, ...regular];
  const names = containers.map(({ name }) => name);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index))) {
    findings.problems.push(`${path}: the name "${name}" is given to more than one container`);
  }
  if (spec.shareProcessNamespace) {
    findings.notes.push(
      `${path}.shareProcessNamespace: every process of this machine is seen, not only the pod's`,
    );
  }
  const volumes = spec.volumes.map((volume, index) =>
    readVolume(volume, metadata, `${path}.volumes.${index}`, findings),
  );
  const gracePeriodMs = spec.terminationGracePeriodSeconds * 1000;
  const pod = {
    ...metadata,
    gracePeriodMs,
    containers,
    volumes: volumes.filter(volume => volume !== undefined),
  };
  const { problems, notes } = findings;
  return problems.length > 0 ? unparsed(...problems) : parsed({ pod, path, notes });
}

function readVolume(
  volume: VolumeManifest,
  identity: PodIdentity,
  path: string,
  { problems, notes }: Findings,
): DownwardVolume | undefined {
  if (!volume.downwardAPI) {
    notes.push(`${path}: "${volume.name}" is not there; only downwardAPI volumes are`);
    return undefined;
  }
  const files: { path: string; text: string }[] = [];
  for (const [index, item] of volume.downwardAPI.items.entries()) {
    const at = `${path}.downwardAPI.items.${index}`;
    const text = item.fieldRef ? fieldText(identity, item.fieldRef.fieldPath) : undefined;
    if (item.path.startsWith('/') || item.path.split('/').includes('..')) {
      problems.push(
        `${at}.path: "${item.path}" leads out of the volume; accepted: a relative path without ..`,
      );
    } else if (!item.fieldRef) notes.push(`${at}: only fieldRef is rehearsed; "${item.path}" is not there`);
    else if (text === undefined) problems.push(unknownField(at, item.fieldRef.fieldPath));
    else files.push({ path: item.path, text });
  }
  return { name: volume.name, files };
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : '';
}

function firstLine(message: string): string {
  return `Not YAML: ${message.split('\n')[0]?.replace(/:$/u, '') ?? ''}`;
}
