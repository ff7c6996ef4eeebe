import type { Metric } from './table.ts';

export type PublisherMetricName =
  | 'podusher_publisher_leader'
  | 'podusher_publisher_latency_seconds'
  | 'podusher_publisher_writes_total'
  | 'podusher_publisher_queue_length'
  | 'podusher_publisher_queue_age_seconds'
  | 'podusher_publisher_objects'
  | 'podusher_publisher_services'
  | 'podusher_publisher_problems'
  | 'podusher_publisher_unreadable_total'
  | 'podusher_api_watching'
  | 'podusher_api_heard_timestamp_seconds'
  | 'podusher_api_events_total'
  | 'podusher_log_lines_lost_total'
  | 'podusher_resident_memory_bytes'
  | 'podusher_cpu_seconds_total';

/** The metrics of `podusher publisher`. */
export const PUBLISHER_METRICS: Readonly<Record<PublisherMetricName, Metric>> = {
  podusher_publisher_leader: {
    type: 'gauge',
    labels: [],
    help: '1 while this one leads, 0 while it stands by',
  },
  podusher_publisher_latency_seconds: {
    type: 'histogram',
    labels: [],
    help: 'From the receipt of a change to the answer of the last slice written for it',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  podusher_publisher_writes_total: {
    type: 'counter',
    labels: ['verb', 'outcome'],
    help: 'Slices written, by verb (create, update, delete) and outcome: done, conflict, refused, unanswered, or abandoned (it was slow, and an endpoint of its Service had to go, or the publisher stopped)',
  },
  podusher_publisher_queue_length: {
    type: 'gauge',
    labels: [],
    help: 'Services that wait to be reconciled, or are in work',
  },
  podusher_publisher_queue_age_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How long it has been since the first of them changed',
  },
  podusher_publisher_objects: { type: 'gauge', labels: ['resource'], help: 'Objects known, by resource' },
  podusher_publisher_services: {
    type: 'gauge',
    labels: ['state'],
    help: 'Services with the annotation: published, or held because it cannot be followed',
  },
  podusher_publisher_problems: {
    type: 'gauge',
    labels: [],
    help: 'Problems told of Services, as they stand',
  },
  podusher_publisher_unreadable_total: {
    type: 'counter',
    labels: ['resource'],
    help: 'Objects that could not be read, and were left out',
  },
  podusher_api_watching: {
    type: 'gauge',
    labels: ['resource'],
    help: '1 while the resource is watched, 0 while that is lost',
  },
  podusher_api_heard_timestamp_seconds: {
    type: 'gauge',
    labels: ['resource'],
    help: 'When the API server last said anything of the resource',
  },
  podusher_api_events_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Events on Services, by outcome: written, refused, dropped',
  },
  podusher_log_lines_lost_total: {
    type: 'counter',
    labels: [],
    help: 'Lines of the log that were lost, for nobody read it',
  },
  podusher_resident_memory_bytes: { type: 'gauge', labels: [], help: 'Resident memory' },
  podusher_cpu_seconds_total: { type: 'counter', labels: [], help: 'CPU time' },
};
