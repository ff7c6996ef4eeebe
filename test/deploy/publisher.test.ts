/** deploy/publisher: what it grants, and to whom. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { MANAGED_BY, MANAGER } from '../../lib/publisher/slice.ts';
import { PUBLISHER } from '../../lib/settings/publisher-table.ts';
import { variableOf } from '../../lib/settings/row.ts';
import { until } from '../agent/until.ts';
import { documentsOf, ROOT, textOf } from '../examples/documents.ts';
import { serviceObject } from '../publisher/objects.ts';
import { Publisher, putService, readyIn, shop } from '../publisher-io/publisher.ts';

const TEXT = textOf('deploy/publisher/publisher.yaml');
const README = textOf('deploy/publisher/README.md');
const DOCUMENTS = documentsOf(TEXT);

const Texts = v.array(v.string());
const RoleSchema = v.object({
  kind: v.picklist(['ClusterRole', 'Role']),
  rules: v.array(v.object({ apiGroups: Texts, resources: Texts, verbs: Texts })),
});

function documentOf(kind: string): Record<string, unknown> {
  const found = DOCUMENTS.map(Object).filter(one => one.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0];
}

/** @returns `list pods`, for each right. */
function granted(): Set<string> {
  const roles = DOCUMENTS.filter(one => v.is(RoleSchema, one)).map(one => v.parse(RoleSchema, one));
  const rules = roles.flatMap(({ rules: some }) => some);
  return new Set(
    rules.flatMap(({ resources, verbs }) => resources.flatMap(one => verbs.map(verb => `${verb} ${one}`))),
  );
}

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** A whole process is to start, on a machine that may have more to do. */
const SOON_MS = 100_000;

function soon(what: string, is: () => boolean): Promise<true> {
  return until(what, () => is() || undefined, SOON_MS);
}

test('the roles grant what the publisher asks for, and no more', async context => {
  const api = await shop(context, 1);
  const asked = new Set<string>();
  api.fault = ({ method, resource, name, isWatch }, response) => {
    const reading = isWatch ? 'watch' : name === undefined ? 'list' : 'get';
    const right = `${VERBS[method] ?? reading} ${resource}`;
    const isFirstPatch = right === 'patch endpointslices' && !asked.has(right);
    asked.add(right);
    // It is changed by somebody else meanwhile: so it is read.
    if (isFirstPatch) response.writeHead(409).end();
    return isFirstPatch;
  };
  const publisher = await Publisher.start(context, api);
  await soon('the pod is published', () => readyIn(api).length === 1);
  api.put('services', serviceObject({ labels: { team: 'other' } }));
  putService(api, 'broken', 'app in web');
  await soon('an Event', () => api.all('events').length > 0);
  await soon('the slice is read', () => asked.has('get endpointslices'));
  api.put('services', serviceObject({ selector: undefined }));
  await soon('no slice', () => api.all('endpointslices').length === 0);
  assert.equal(await publisher.end(), 0);
  assert.deepEqual([...asked].sort(), [...granted()].sort());
});

test('the policy asks for the label that all slices of the publisher have', () => {
  const { spec } = Object(documentOf('ValidatingAdmissionPolicy'));
  const [{ expression }] = spec.validations;
  assert.ok(String(expression).includes(`version.metadata.labels['${MANAGED_BY}'] == '${MANAGER}'`));
});

test('all that names the service account, the Lease and the image means the same', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { metadata } = Object(documentOf('ServiceAccount'));
  assert.equal(metadata.name, PUBLISHER.leaseName.default);
  const { spec } = Object(documentOf('Deployment')).spec.template;
  assert.equal(spec.serviceAccountName, metadata.name);
  assert.deepEqual(
    spec.containers.map(({ image }: { image: string }) => image),
    [`podusher:${version}`],
  );
  const subjects = DOCUMENTS.flatMap(one => Object(one).subjects ?? []);
  assert.equal(subjects.length, 3);
  for (const subject of subjects) {
    assert.deepEqual(subject, { kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace });
  }
});

test("the README's variable is the publisher's", () => {
  assert.ok(README.includes(`name: ${variableOf(PUBLISHER.namespaces)},`));
});

test("the README's dry run in a pod starts what the image does", () => {
  const [, entry = '[]'] = /^ENTRYPOINT (.*)$/m.exec(textOf('Dockerfile')) ?? [];
  const command = `-- ${JSON.parse(entry).join(' ')} publisher --dry-run`;
  assert.equal(README.split(command).length - 1, 2);
});
