/** The YAML that people copy: it parses, and nothing in it is a mismatch. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type Manifest, parseDocument, parseManifest } from '../../lib/kubelet/manifest.ts';
import { findMismatches } from '../../lib/lint/mismatches.ts';
import { unknownFields } from '../../lib/lint/unknown-fields.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { ROOT, textOf } from '../examples/documents.ts';

const README = [...textOf('README.md').matchAll(/^```ya?ml\n(?<text>.*?)^```$/gmsu)].map(
  ({ groups }, index) => [`README.md, YAML block ${index + 1}`, groups?.['text'] ?? ''] as const,
);
const FILES = globSync(['README.md', 'deploy/**/*.yaml', 'examples/**/*.yaml'], { cwd: ROOT })
  .filter(path => path.endsWith('.yaml'))
  .map(path => [path, textOf(path)] as const);

/** Those with a whole pod in them, not a patch, of which podusher is a container. */
const MARKS = [/^kind: (Deployment|Pod)$/mu, /^ +containers:$/mu, /- name: podusher$/mu];
const WITH_PODUSHER = [...README, ...FILES].filter(([, text]) => MARKS.every(mark => mark.test(text)));

function manifestOf(text: string): Manifest {
  const manifest = parseManifest(text);
  assert.ok(manifest.ok, manifest.ok ? '' : manifest.problems.join('\n'));
  return manifest.value;
}

test('there is YAML to copy in the README, in deploy and in the examples', () => {
  assert.ok(README.length > 0);
  for (const place of ['README.md', 'deploy/', 'examples/']) {
    assert.ok(
      WITH_PODUSHER.some(([name]) => name.startsWith(place)),
      place,
    );
  }
});

for (const [name, text] of [...README, ...FILES]) {
  test(`${name} is YAML to a strict parser`, () => {
    const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true, version: '1.2' });
    const found = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
    assert.deepEqual(found, []);
    assert.ok(documents.length > 0);
  });
}

for (const [name, text] of WITH_PODUSHER) {
  test(`${name} is a pod in which everything fits`, () => {
    const manifest = manifestOf(text);
    assert.deepEqual(manifest.notes, []);
    const document = parseDocument(text);
    assert.deepEqual(document.ok && unknownFields(document.value), []);
    const annotations = new Map(Object.entries(manifest.pod.annotations));
    const { settings, startProblems, annotationProblems } = readSettings({
      flags: new Map(),
      environment: {},
      annotations,
    });
    assert.deepEqual([...startProblems, ...annotationProblems].map(formatProblem), []);
    assert.ok(settings?.complete);
    const agent = { name: 'podusher', flags: new Map(), environment: {} };
    assert.deepEqual(findMismatches(manifest, agent), []);
  });
}
