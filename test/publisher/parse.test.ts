import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { parseNode } from '../../lib/publisher/node.ts';
import { parsePod } from '../../lib/publisher/pod.ts';
import { reconcile } from '../../lib/publisher/reconcile.ts';
import { selectPods } from '../../lib/publisher/selection.ts';
import { parseService } from '../../lib/publisher/service.ts';
import { parseSlice } from '../../lib/publisher/slice.ts';
import { nodeObject, podObject, serviceObject } from './objects.ts';
import { must, Server } from './server.ts';

const POD = podObject({
  name: 'web-0',
  ip: '10.1.0.1',
  node: 'node-0',
  hostname: 'web-0',
  subdomain: 'web',
  labels: { app: 'web', constructor: 'x' },
  containers: [
    { name: 'proxy', ready: true, sidecar: true, ports: [{ name: 'metrics', containerPort: 9090 }] },
    {
      name: 'rails',
      ready: true,
      ports: [{ containerPort: 1 }, { name: 'http', containerPort: 8080, protocol: 'TCP' }],
    },
  ],
});

test('parsePod() keeps what an endpoint needs and no more', () => {
  assert.deepEqual(must(parsePod(POD)), {
    name: 'web-0',
    namespace: 'shop',
    uid: 'uid-of-web-0',
    labels: new Map([
      ['app', 'web'],
      ['constructor', 'x'],
    ]),
    nodeName: 'node-0',
    hostname: 'web-0',
    subdomain: 'web',
    addresses: ['10.1.0.1', 'fd00::10:1:0:1'],
    isTerminal: false,
    isTerminating: false,
    namedPorts: [
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ],
    verdict: { type: 'ready' },
    problems: [],
  });
});

test('parsePod() takes a pod that has just been created, and addresses in any form', () => {
  const { metadata, spec } = Object(POD);
  assert.deepEqual(must(parsePod({ metadata, spec })).addresses, []);
  const podIPs = ['010.1.0.1', 'FD00:0:0::0001', '::ffff:10.2.0.1', 'fe80::1%eth0', 'none', ''].map(ip => ({
    ip,
  }));
  assert.deepEqual(must(parsePod({ metadata, spec, status: { podIPs } })).addresses, [
    '10.1.0.1',
    'fd00::1',
    '10.2.0.1',
  ]);
});

test('parseNode() keeps its zone and whether it is there', () => {
  const many = Object(nodeObject('a', 'z', 'True'));
  for (let index = 0; index < 300; index++) many.metadata.labels[`example.com/${index}`] = 'x';
  assert.equal(must(parseNode(many)).zone, 'z');
  assert.deepEqual(must(parseNode(nodeObject('a', 'z', 'True'))), {
    name: 'a',
    uid: 'uid-of-a',
    zone: 'z',
    isReady: true,
  });
  assert.deepEqual(must(parseNode(nodeObject('a', '', 'Unknown'))), {
    name: 'a',
    uid: 'uid-of-a',
    zone: undefined,
    isReady: false,
  });
  assert.equal(must(parseNode({ metadata: { name: 'a' } })).isReady, false);
});

const CLAIMS: readonly [
  title: string,
  parts: Parameters<typeof serviceObject>[0],
  claim: string,
  problem: RegExp,
][] = [
  ['it has no annotation', { selector: undefined }, 'none', /^$/],
  ['its annotation is good', {}, 'selected', /^$/],
  [
    'its annotation does not parse',
    { selector: 'app=(' },
    'held',
    /^Annotation podusher.dev\/selector: "app=\(" is no requ/,
  ],
  ['its annotation is empty', { selector: '' }, 'held', /An empty selector/],
  [
    'it has another selector of its own',
    { spec: { selector: { app: 'web', tier: 'front' } } },
    'held',
    /^It has a selector of its own/,
  ],
  [
    'it has the same selector of its own',
    { selector: 'tier in (front),app==web', spec: { selector: { app: 'web', tier: 'front' } } },
    'selected',
    /^It has spec.selector still/,
  ],
  [
    'it has a selector of its own, and its annotation does not parse',
    { selector: 'app=(', spec: { selector: { app: 'web' } } },
    'held',
    /is no requ.*\nIt has a selector of its own/,
  ],
  ['its own selector is empty', { spec: { selector: {} } }, 'selected', /^$/],
  ['it is an ExternalName', { spec: { type: 'ExternalName' } }, 'held', /^It is an ExternalName/],
  [
    'it asks for topology hints',
    { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
    'selected',
    /not followed; spec.trafficDistribution is$/,
  ],
];

for (const [title, parts, claim, problem] of CLAIMS) {
  test(`parseService() calls it ${claim} when ${title}`, () => {
    const service = must(parseService(serviceObject(parts)));
    assert.equal(service.claim.type, claim);
    assert.match(service.problems.join('\n'), problem);
  });
}

const SPECS: readonly [spec: object, families: readonly string[], isHeadless: boolean][] = [
  [{}, ['IPv4'], false],
  [{ ipFamilies: ['IPv6', 'IPv4'] }, ['IPv4', 'IPv6'], false],
  [{ ipFamilies: undefined, clusterIP: 'fd00::1' }, ['IPv6'], false],
  [{ ipFamilies: undefined, clusterIP: '10.96.0.1' }, ['IPv4'], false],
  [{ ipFamilies: undefined, clusterIP: 'None' }, ['IPv4', 'IPv6'], true],
  [{ ipFamilies: ['IPv4'], clusterIP: '' }, ['IPv4'], true],
];

for (const [spec, families, isHeadless] of SPECS) {
  test(`parseService() knows the families of ${JSON.stringify(spec)}`, () => {
    const service = must(parseService(serviceObject({ spec })));
    assert.deepEqual([service.families, service.isHeadless], [families, isHeadless]);
  });
}

test('parseSlice() keeps of others’ slices no more than whose they are', () => {
  const labels = { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'x' };
  const slice = { metadata: { name: 'web-x', namespace: 'shop', labels }, endpoints: 'whatever' };
  assert.deepEqual(must(parseSlice(slice)), {
    type: 'foreign',
    name: 'web-x',
    namespace: 'shop',
    service: 'web',
    managedBy: 'x',
  });
  assert.equal(parseSlice({ metadata: { name: 'web-x', namespace: 'shop' } }).ok, false);
});

/** A copy with something else at one place. */
function spoilt(value: unknown, path: readonly number[], by: unknown): unknown {
  const [index, ...rest] = path;
  if (index === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[index % keys.length];
  if (key === undefined) return by;
  const copy = Object.entries(value).map(([name, one]) => [name, name === key ? spoilt(one, rest, by) : one]);
  return Array.isArray(value) ? copy.map(([, one]) => one) : Object.fromEntries(copy);
}

const path = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 6 });
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, 'x'.repeat(300), -1, 1e300, [null], '__proto__', { length: 1e9 }),
);

test('whatever the API tells, it is read or refused, and reconcile() throws nothing', () => {
  const server = new Server();
  server.putService(serviceObject());
  server.putPod(POD);
  server.putNode(nodeObject('node-0', 'zone-0', 'True'));
  server.reconcile();
  const [slice] = server.slices.values();
  const counts = { read: 0, refused: 0 };
  fc.assert(
    fc.property(path, path, path, path, anything, (inService, inPod, inNode, inSlice, by) => {
      const service = parseService(spoilt(serviceObject(), inService, by));
      const pod = parsePod(spoilt(POD, inPod, by));
      const node = parseNode(spoilt(nodeObject('node-0', 'zone-0', 'True'), inNode, by));
      const read = parseSlice(spoilt(slice, inSlice, by));
      for (const one of [service, pod, node, read]) {
        if (one.ok) counts.read++;
        else {
          counts.refused++;
          assert.match(one.problems.join(), /^Not a /);
        }
      }
      if (!service.ok) return;
      const slices = read.ok ? [read.value] : [];
      const pods = selectPods(service.value, pod.ok ? [pod.value] : [], slices);
      const nodes = new Map(node.ok ? [[node.value.name, node.value]] : []);
      const plan = reconcile({ service: service.value, pods, nodes, slices, taken: new Set() });
      assert.ok(plan.writes.length <= 3);
    }),
    { numRuns: 3000 },
  );
  assert.ok(counts.read > 1000 && counts.refused > 1000, JSON.stringify(counts));
});

test('parsePod() keeps less than 3 KiB of a pod, whatever its size', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  const heapUsed = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const text = JSON.stringify({ ...POD, rest: 'x'.repeat(20_000) });
  const before = heapUsed();
  const pods = Array.from({ length: 3000 }, (_, index) =>
    must(parsePod(JSON.parse(text.replaceAll('web-0', `web-0000${index}`)))),
  );
  const bytes = (heapUsed() - before) / pods.length;
  assert.ok(bytes < 3072, `${bytes} bytes each`);
});

test('what is no object at all is refused', () => {
  for (const parse of [parsePod, parseNode, parseService, parseSlice]) {
    for (const object of [undefined, null, 1, 'a pod', [], {}]) assert.equal(parse(object).ok, false);
  }
  const many = Array.from({ length: 300 }, (_, index) => ({ name: `c${index}`, ready: true }));
  assert.equal(parsePod(podObject({ name: 'web-0', containers: many })).ok, false);
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l${index}`, 'x']));
  assert.equal(parsePod(podObject({ name: 'web-0', labels })).ok, false);
});
