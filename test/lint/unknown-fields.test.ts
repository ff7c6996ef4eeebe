import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { unknownFields } from '../../lib/lint/unknown-fields.ts';
import { textOf } from '../examples/documents.ts';

const SLIPS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, lables: { app: shop } }
spec:
  replicas: 1
  selector: { matchLabels: { anything: goes } }
  template:
    metadata: { annotations: { any.thing/goes: "1" } }
    spec:
      terminationGracePeriodSecond: 20
      securityContext: { notRead: 1 }
      initContainers:
        - name: podusher
          restartpolicy: Always
      containers:
        - name: rails
          lifecyle: { preStop: {} }
          readinesProbe: {}
          lifecycle: { preStop: { httpGet: { path: /, prot: 8866 } } }
          ports: [{ containerPort: 3000, foo: 1 }]
        - livenessProbe: { periodSecond: 1, exec: { command: [x] } }
      volumes: [{ name: podinfo, downwardApi: {} }]
`;

/** @returns what is said of a field, and of the one that was meant. */
function told(field: string, meant: string): string {
  const suggestion = meant === '' ? '' : ` (did you mean "${meant}"?)`;
  return `Kubernetes has no field "${field}" here, so it is not read${suggestion}`;
}

test('unknownFields() tells every field that Kubernetes does not have, with what was meant', () => {
  const pod = 'spec.template.spec';
  assert.deepEqual(unknownFields(parse(SLIPS)), [
    { where: 'metadata', message: told('lables', 'labels') },
    { where: pod, message: told('terminationGracePeriodSecond', 'terminationGracePeriodSeconds') },
    { where: `${pod}.initContainers[podusher]`, message: told('restartpolicy', 'restartPolicy') },
    { where: `${pod}.containers[rails]`, message: told('lifecyle', 'lifecycle') },
    { where: `${pod}.containers[rails]`, message: told('readinesProbe', 'readinessProbe') },
    { where: `${pod}.containers[rails].lifecycle.preStop.httpGet`, message: told('prot', 'port') },
    { where: `${pod}.containers[rails].ports[0]`, message: told('foo', '') },
    { where: `${pod}.containers[1].livenessProbe`, message: told('periodSecond', 'periodSeconds') },
    { where: `${pod}.volumes[podinfo]`, message: told('downwardApi', 'downwardAPI') },
  ]);
});

test('unknownFields() reads a Pod as well, and bounds what it tells', () => {
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 1]));
  const found = unknownFields({ kind: 'Pod', spec: { ...fields, containers: null } });
  assert.deepEqual([found.length, found[0]?.where], [50, 'spec']);
  assert.equal(unknownFields({ kind: 'Pod', sepc: {} })[0]?.where, 'the manifest');
});

test('unknownFields() knows every field of the examples', () => {
  for (const name of ['with', 'without', 'statsd-with', 'statsd-without', 'graceful-with']) {
    assert.deepEqual(unknownFields(parse(textOf(`examples/rails-auth/${name}.yaml`))), [], name);
  }
});

test('unknownFields() does not throw, whatever the document is', () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      unknownFields(value);
      const cyclic: unknown[] = [value];
      cyclic.push(cyclic);
      unknownFields({ kind: 'Pod', spec: { containers: cyclic } });
      unknownFields({
        kind: 'Deployment',
        spec: { template: { spec: { containers: [value], volumes: value } } },
      });
    }),
  );
});
