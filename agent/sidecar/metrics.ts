import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRIC_NAMES, METRICS, type MetricName } from '../../lib/metrics/table.ts';

type Labels = Readonly<Record<string, string>>;

/** The metrics of `lib/metrics/table.ts`, by name. */
export interface Metrics {
  /** Adds to a counter, or observes a histogram's value. */
  count(name: MetricName, labels?: Labels, amount?: number): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Forgets a gauge's values: the next ones are set anew. */
  clear(name: MetricName): void;
  /** @returns Prometheus' text format, the only one: OpenMetrics would rename metrics for good (prom-client 15.1). */
  text(): Promise<string>;
  readonly contentType: string;
}

/** @returns metrics in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const made = new Map<MetricName, Counter | Gauge | Histogram>();
  for (const name of METRIC_NAMES) {
    const { type, help, labels, buckets = [] } = METRICS[name];
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

  function count(name: MetricName, labels: Labels = {}, amount = 1): void {
    const metric = made.get(name);
    if (metric instanceof Counter) metric.inc(labels, amount);
    else if (metric instanceof Histogram) metric.observe(labels, amount);
  }

  function set(name: MetricName, value: number, labels: Labels = {}): void {
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
