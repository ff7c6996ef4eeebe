/** A metric as the README and Prometheus show it. Label values are bounded: container names, and words of ours. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
  /** Of a histogram, in its unit. */
  readonly buckets?: readonly number[];
}

export type MetricName =
  | 'podusher_ready'
  | 'podusher_container_ready'
  | 'podusher_probes_total'
  | 'podusher_hooks_total'
  | 'podusher_hooks_waiting'
  | 'podusher_drain_phase'
  | 'podusher_drained_total'
  | 'podusher_drain_seconds'
  | 'podusher_released_total'
  | 'podusher_left_in_flight_total'
  | 'podusher_left_connections_total'
  | 'podusher_left_unknown_total'
  | 'podusher_false_alarms_total'
  | 'podusher_drain_actions_total'
  | 'podusher_settings_problems'
  | 'podusher_settings_applied_timestamp_seconds'
  | 'podusher_samples_total'
  | 'podusher_api_watching'
  | 'podusher_api_heard_timestamp_seconds'
  | 'podusher_api_events_total'
  | 'podusher_log_lines_lost_total'
  | 'podusher_resident_memory_bytes'
  | 'podusher_cpu_seconds_total';

/** The one table of metrics. */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  podusher_ready: { type: 'gauge', labels: [], help: 'What /ready answers: 1 for 200, 0 for 503' },
  podusher_container_ready: {
    type: 'gauge',
    labels: ['container', 'critical'],
    help: "The container's verdict: 1 ready or unobserved, 0 failed or pending",
  },
  podusher_probes_total: {
    type: 'counter',
    labels: ['container', 'result'],
    help: 'Probes made, by result: success, warning, failure',
  },
  podusher_hooks_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Requests to /drain, by outcome: placed, not placed, unauthorised, turned away',
  },
  podusher_hooks_waiting: { type: 'gauge', labels: [], help: 'Requests to /drain that wait now' },
  podusher_drain_phase: {
    type: 'gauge',
    labels: ['phase'],
    help: '1 for the phase of the drain: serving, settling, draining, stopping, stopped',
  },
  podusher_drained_total: {
    type: 'counter',
    labels: ['because'],
    help: 'Drains of terminations that ended, by what ended them: nothing in flight, drain-kept-max, drain-max',
  },
  podusher_drain_seconds: {
    type: 'histogram',
    labels: [],
    help: "From the first hook to the end of a termination's drain",
    buckets: [1, 2, 5, 6, 8, 10, 15, 20, 30, 60, 120, 300, 600],
  },
  podusher_released_total: {
    type: 'counter',
    labels: ['because'],
    help: 'Hooks answered, by reason: drain over, dependents stopped, its time is up, …',
  },
  podusher_left_in_flight_total: {
    type: 'counter',
    labels: ['container'],
    help: "Requests in flight, in doubt included, at a container's release: what its end may cut",
  },
  podusher_left_connections_total: {
    type: 'counter',
    labels: ['container'],
    help: "Connections open at a container's release",
  },
  podusher_left_unknown_total: {
    type: 'counter',
    labels: ['container'],
    help: 'Releases at which not all that was in flight could be told: the two above are lower bounds',
  },
  podusher_false_alarms_total: {
    type: 'counter',
    labels: [],
    help: 'Drains of pods that were not terminated',
  },
  podusher_drain_actions_total: {
    type: 'counter',
    labels: ['container', 'outcome'],
    help: 'Requests of drain-action, by outcome: success, failure',
  },
  podusher_settings_problems: {
    type: 'gauge',
    labels: [],
    help: 'Problems of the annotations as they stand; above 0 they are not in effect',
  },
  podusher_settings_applied_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    help: 'When the settings in effect were applied',
  },
  podusher_samples_total: {
    type: 'counter',
    labels: ['source'],
    help: 'Readings of the sockets during drains, by source: sock_diag, /proc/net/tcp, none',
  },
  podusher_api_watching: {
    type: 'gauge',
    labels: ['resource'],
    help: 'With --api: 1 while pods (and in drains endpointslices) are watched, 0 while that is lost',
  },
  podusher_api_heard_timestamp_seconds: {
    type: 'gauge',
    labels: ['resource'],
    help: 'With --api: when the API server last said anything of the resource; its age is that of what is known',
  },
  podusher_api_events_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'With --api: Events on the pod, by outcome: written, refused, dropped',
  },
  podusher_log_lines_lost_total: {
    type: 'counter',
    labels: [],
    help: 'Lines of the log that were lost, for nobody read it',
  },
  podusher_resident_memory_bytes: { type: 'gauge', labels: [], help: "The agent's resident memory" },
  podusher_cpu_seconds_total: { type: 'counter', labels: [], help: "The agent's CPU time" },
};

/** @returns a table of metrics, in Markdown. */
export function metricsTable(metrics: Readonly<Record<string, Metric>>): string {
  const rows = Object.entries(metrics).map(([name, { type, labels, help }]) => {
    const names = labels.length === 0 ? '' : `{${labels.join(', ')}}`;
    return `| \`${name}${names}\` | ${type} | ${help} |`;
  });
  return ['| metric | type | what it says |', '|---|---|---|', ...rows].join('\n');
}
