import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type GaugeSource, MOST_GAUGE_BYTES, readGauge } from '../../lib/connections/gauge.ts';

const url = { scheme: 'http', host: undefined, port: 9394, path: '/metrics' } as const;

function prometheus(metric: string, labels: Readonly<Record<string, string>> = {}): GaugeSource {
  return { type: 'prometheus', url, metric, labels };
}

function json(pointer: string): GaugeSource {
  return { type: 'json', url, pointer };
}

test('readGauge() reads Prometheus text: the sum of the series with the labels asked for', () => {
  const body = `# HELP puma_running threads
# TYPE puma_running gauge
puma_running{index="0"} 3
puma_running{index="1",pool="a\\"b\\\\"} 2 1700000000000
puma_running_total 99
puma_running{ index = "2" , } 1e1
up 1
fraction 0.5`;
  const table: readonly (readonly [GaugeSource, number])[] = [
    [prometheus('puma_running', { index: '0' }), 3],
    [prometheus('puma_running', { pool: 'a"b\\' }), 2],
    [prometheus('puma_running'), 15],
    [prometheus('up'), 1],
    [prometheus('fraction'), 0.5],
  ];
  for (const [source, value] of table) assert.deepEqual(readGauge(source, body), { ok: true, value });
});

test('readGauge() reads a number at a JSON pointer', () => {
  const body = '{"running":2,"a/b":{"~":[5,{"":7}]},"zero":0}';
  const table: readonly (readonly [string, number])[] = [
    ['/running', 2],
    ['/a~1b/~0/0', 5],
    ['/a~1b/~0/1/', 7],
    ['/zero', 0],
  ];
  for (const [pointer, value] of table) assert.deepEqual(readGauge(json(pointer), body), { ok: true, value });
});

test('readGauge() tells a problem, never zero, when there is no such number', () => {
  const table: readonly (readonly [GaugeSource, string])[] = [
    [prometheus('up'), ''],
    [prometheus('up'), 'upper 1'],
    [prometheus('up', { a: 'b' }), 'up 1\nup{a="c"} 1'],
    [prometheus('up'), 'up NaN'],
    [prometheus('up'), 'up 1\nup{a="b"} NaN'],
    [prometheus('up'), 'up -1'],
    [prometheus('up'), 'up +Inf'],
    [prometheus('up'), 'up 0x10'],
    [prometheus('up'), 'up{a="b" 3'],
    [prometheus('up'), `up 1\n${'#'.repeat(MOST_GAUGE_BYTES)}`],
    [json('/a'), '{"a":"1"}'],
    [json('/a'), '{"a":null}'],
    [json('/a'), '{"a":-1}'],
    [json('/a'), '{"a":1e999}'],
    [json('/a'), '{"a":1'],
    [json('/b'), '{"a":1}'],
    [json('/length'), '[1]'],
    [json('/__proto__'), '{}'],
    [json('/toString/length'), '{}'],
  ];
  for (const [source, body] of table) assert.equal(readGauge(source, body).ok, false, body.slice(0, 80));
});

test('readGauge() gives a number from 0 or a problem, never a throw, when the body is any text', () => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map(text => `up{${text}} 1`),
  );
  const sources = fc.constantFrom(prometheus('up', { a: 'b' }), prometheus('up'), json('/a/0'), json('/'));
  fc.assert(
    fc.property(sources, bodies, (source, body) => {
      const read = readGauge(source, body);
      assert.ok(!read.ok || (read.value >= 0 && Number.isFinite(read.value)));
    }),
  );
});
