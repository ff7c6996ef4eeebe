import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type Metric, type MetricName } from '../../lib/metrics/table.ts';

type Labels = Readonly<Record<string, string>>;

/** The metrics of a table of `lib/metrics`, by name. */
export interface Metrics<Name extends string = MetricName> {
  /** Adds to a counter, or observes a histogram's value. */
  count(name: Name, labels?: Labels, amount?: number): void;
  /** Sets a gauge. */
  set(name: Name, value: number, labels?: Labels): void;
  /** Forgets a gauge's values: the next ones are set anew. */
  clear(name: Name): void;
  /** @returns Prometheus' text format, the only one: OpenMetrics would rename metrics for good (prom-client 15.1). */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What every command tells of its process. */
type OwnName = 'podusher_cpu_seconds_total' | 'podusher_resident_memory_bytes';

/** @returns the agent's metrics in a registry of their own. */
export function createMetrics(): Metrics {
  return createMetricsOf(METRICS);
}

/** @returns the metrics of a table, in a registry of their own. */
export function createMetricsOf<Name extends string>(
  table: Readonly<Record<Name | OwnName, Metric>>,
): Metrics<Name> {
  const registry = new Registry();
  const made = new Map<string, Counter | Gauge | Histogram>();
  for (const [name, metric] of Object.entries<Metric>(table)) {
    const { type, help, labels, buckets = [] } = metric;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') made.set(name, new Counter(options));
    else if (type === 'gauge') made.set(name, new Gauge(options));
    else made.set(name, new Histogram({ ...options, buckets: [...buckets] }));
  }
  let cpuSeconds = 0;

  /** The process' own figures are read when somebody asks: reading them all the time costs 13 ms/s of CPU. */
  function readProcess(): void {
    const { user, system } = process.cpuUsage();
    const total = (user + system) / 1e6;
    count('podusher_cpu_seconds_total', {}, total - cpuSeconds);
    cpuSeconds = total;
    set('podusher_resident_memory_bytes', process.memoryUsage.rss());
  }

  function count(name: Name | OwnName, labels: Labels = {}, amount = 1): void {
    const metric = made.get(name);
    if (metric instanceof Counter) metric.inc(labels, amount);
    else if (metric instanceof Histogram) metric.observe(labels, amount);
  }

  function set(name: Name | OwnName, value: number, labels: Labels = {}): void {
    const metric = made.get(name);
    if (metric instanceof Gauge) metric.set(labels, value);
  }

  return {
    count,
    set,
    clear: name => made.get(name)?.reset(),
    text(): Promise<string> {
      readProcess();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
