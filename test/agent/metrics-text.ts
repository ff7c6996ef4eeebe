import assert from 'node:assert/strict';
import type { Agent } from './launch.ts';

/** What `/metrics` said. */
export interface MetricsText {
  /** By name. */
  readonly types: ReadonlyMap<string, string>;
  /** The labels of all series, by metric: of a histogram those of its count. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
  /** @returns the value of a series, as in `podusher_drain_phase{phase="serving"}`; NaN where there is none. */
  readonly value: (series: string) => number;
}

const LINE =
  /^(?<name>[a-z_]+)(?:\{(?<labels>(?:[a-z_]+="[^"\\\n]*",?)*)\})? (?<value>-?[0-9.e+-]+|\+Inf|NaN)$/;

/** Reads Prometheus' text format strictly: any line that is not of it fails. */
export async function metricsOf(agent: Agent): Promise<MetricsText> {
  const { status, body, headers } = await agent.get('/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  assert.ok(body.endsWith('\n'));
  const types = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  const values = new Map<string, number>();
  for (const line of body.split('\n')) {
    const [, type, name = ''] = /^# TYPE ((\S+) \S+)$/.exec(line) ?? [];
    if (type !== undefined) types.set(name, type.slice(name.length + 1));
    if (line === '' || line.startsWith('# ')) continue;
    const series = LINE.exec(line)?.groups;
    assert.ok(series, `a line of no format: ${line}`);
    values.set(line.slice(0, line.lastIndexOf(' ')), Number(series['value']));
    const names = [...(series['labels'] ?? '').matchAll(/([a-z_]+)="/g)].map(([, label = '']) => label);
    const metric = (series['name'] ?? '').replace(/_(bucket|sum|count)$/, '');
    labels.set(metric, new Set([...(labels.get(metric) ?? []), ...names.filter(label => label !== 'le')]));
  }
  return { types, labels, value: series => values.get(series) ?? Number.NaN };
}
