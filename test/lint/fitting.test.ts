/** What fits, though it is not as in the good pod; and that no pod is too odd to be read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseManifest } from '../../lib/kubelet/manifest.ts';
import { findMismatches } from '../../lib/lint/mismatches.ts';
import { createSubject } from '../../lib/lint/subject.ts';
import { AGENT, found, GOOD } from './good-pod.ts';

describe('findMismatches()', () => {
  it('lets a probe stay where the ports are annotated, or the API tells them', () => {
    const kept = { 'exec: {command: [check]}': 'httpGet: {path: /, port: 4000}' };
    const ports = '    ports.podusher.dev/auth: "4000"\n    podusher.dev/containers: rails,auth,statsd\n';
    assert.deepEqual(found({ ...kept, '    podusher.dev/containers: rails,auth,statsd\n': ports }), []);
    assert.deepEqual(found(kept, { flags: new Map([['api', 'true']]) }), []);
  });

  it('wants a token in the hooks where podusher asks for one', () => {
    const where = 'lifecycle.preStop.httpGet.httpHeaders: has no Authorization, which podusher asks for';
    const all = found({}, { flags: new Map([['token-file', '/token']]) });
    assert.deepEqual(
      all.map(line => line.split('; ')[0]),
      [
        `spec.initContainers[podusher].${where}`,
        `spec.containers[rails].${where}`,
        `spec.containers[statsd].${where}`,
      ],
    );
    const header = 'port: 8866, httpHeaders: [{name: authorization, value: Bearer x}]';
    const given = found(
      { 'container=rails", port: 8866': `container=rails", ${header}` },
      { flags: new Map([['token-file', '/token']]) },
    );
    assert.equal(given.length, 2);
  });

  it('takes the port and the name from flags and variables', () => {
    const agent = { flags: new Map([['port', '80']]), environment: { PODUSHER_NAME: 'podusher' } };
    assert.ok(found({}, agent).every(line => line.endsWith("8866 is not podusher's port; accepted: 80")));
  });

  it('takes a bare hook where there is but one other container', () => {
    const bare = { '?container=rails"': '"', 'rails,auth,statsd': 'rails' };
    const text = GOOD.replace(/ {4}- name: auth\n[^]* {2}volumes/u, '  volumes')
      .replace('    podusher.dev/non-critical: statsd\n', '')
      .replace('    depends-on.podusher.dev/rails: auth\n', '')
      .replace(...(Object.entries(bare)[0] ?? ['', '']))
      .replace(...(Object.entries(bare)[1] ?? ['', '']));
    const manifest = parseManifest(text);
    assert.ok(manifest.ok);
    assert.deepEqual(findMismatches(manifest.value, AGENT), []);
  });

  it('names the places of a Deployment', () => {
    const indented = GOOD.slice(GOOD.indexOf('metadata')).replaceAll(/^/gmu, '    ');
    const manifest = parseManifest(
      `kind: Deployment\nspec:\n  template:\n${indented}`
        .replace('drain?container=rails', 'drain')
        .replace('grace-period: 20s', 'grace-period: 21s'),
    );
    assert.ok(manifest.ok);
    assert.deepEqual(
      findMismatches(manifest.value, AGENT).map(({ where }) => where),
      [
        'spec.template.spec.containers[rails].lifecycle.preStop.httpGet.path',
        'spec.template.metadata.annotations[podusher.dev/grace-period]',
      ],
    );
  });

  it('has nothing to say of a pod without that container', () => {
    const manifest = parseManifest(GOOD);
    assert.ok(manifest.ok);
    assert.deepEqual(findMismatches(manifest.value, { ...AGENT, name: 'other' }), []);
    assert.equal(createSubject(manifest.value, { ...AGENT, name: 'other' }), undefined);
  });

  it('never throws, whatever the paths of hooks, the flags and the annotations are', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (path, flag, annotation) => {
        const manifest = parseManifest(
          GOOD.replace('"/drain?container=rails"', () => JSON.stringify(path)).replace('20s', () =>
            JSON.stringify(annotation),
          ),
        );
        if (!manifest.ok) return;
        const flags = new Map([
          ['name', flag],
          ['containers', flag],
        ]);
        findMismatches(manifest.value, { ...AGENT, flags });
      }),
    );
  });
});
