/** Statuses as the wiring would fill them: what the page is looked at with, and what the schema must accept. */
import type { Status, StatusApi, StatusContainer } from '../../lib/status/status.ts';
import { EVERY, NOTHING, T, THREE, WITH } from '../timeline/entries.ts';

const ALIVE = { state: 'serving', since: null, releaseBy: null, because: null } as const;
const HOUR = 3_600_000;

const RAILS: StatusContainer = {
  name: 'rails',
  critical: true,
  kind: 'regular',
  ports: [3000],
  dependsOn: ['auth'],
  verdict: { type: 'ready', reason: 'HTTP 200 from http://127.0.0.1:3000/healthz', since: T - 3 * HOUR },
  shutdown: ALIVE,
  inFlight: null,
};

const AUTH: StatusContainer = {
  name: 'auth',
  critical: true,
  kind: 'native-sidecar-before-agent',
  ports: [4000, 4001],
  dependsOn: [],
  verdict: { type: 'ready', reason: 'port 4000 listens', since: T - 3 * HOUR },
  shutdown: ALIVE,
  inFlight: null,
};

const STATSD: StatusContainer = {
  name: 'statsd',
  critical: false,
  kind: 'regular',
  ports: [],
  dependsOn: [],
  verdict: { type: 'failed', reason: 'connect ECONNREFUSED 127.0.0.1:8125', since: T - 61_000 },
  shutdown: ALIVE,
  inFlight: null,
};

const NEVER = {
  drainMinAt: null,
  arrivalsMaxAt: null,
  keptMaxAt: null,
  drainMaxAt: null,
  endAt: null,
  healAt: null,
} as const;

export const SERVING: Status = {
  name: 'rails-auth-7d9f8b6c5d-x2x7k',
  version: '0.1.0',
  now: T,
  startedAt: T - 3 * HOUR,
  clockAheadMs: 0,
  ready: true,
  blockers: [],
  readinessChanges: [
    { at: T - 3 * HOUR, ready: false, because: ['auth: no result yet'] },
    { at: T - 3 * HOUR + 1000, ready: true, because: ['auth: port 4000 listens'] },
  ],
  settings: {
    hash: 'c0ffee42',
    appliedAt: T - 2 * HOUR,
    annotationsFile: '/etc/podinfo/annotations',
    problems: [],
    values: {
      readyDuringDrain: true,
      gracePeriodMs: 30_000,
      drainMinMs: 5000,
      drainSilenceMaxMs: 12_000,
      drainArrivalsMaxMs: 20_000,
      drainKeptMaxMs: 5000,
      drainDoubtMs: 5000,
      drainMaxMs: 23_000,
      restartDrainMaxMs: 5000,
    },
  },
  containers: [RAILS, AUTH, STATSD],
  drain: {
    phase: 'serving',
    kind: null,
    since: null,
    evidence: null,
    waitsFor: [],
    deadlines: NEVER,
    arrivals: null,
    inFlight: null,
  },
  sources: {
    sockets: { used: 'sock_diag', because: null },
    arrivals: { used: 'PassiveOpens of /proc/net/snmp', because: null },
  },
  api: null,
  timeline: [],
};

const EVENTS = { waiting: 0, written: 12, refused: 0, dropped: 0 } as const;

/** The API was there, and is lost. */
const LOST: StatusApi = {
  pod: {
    name: SERVING.name,
    namespace: 'shop',
    uid: '8ecf9894-cda6-4687-9598-9f06f6985e0d',
    resourceVersion: '4711',
    generation: null,
  },
  watch: { state: 'lost', since: T, because: 'Cannot be reached: ECONNREFUSED', heardAt: T - 40_000 },
  deletion: null,
  slices: null,
  events: { ...EVENTS, refused: 2, dropped: 1, waiting: 3 },
};

export const NOT_READY: Status = {
  ...SERVING,
  api: LOST,
  ready: false,
  blockers: [
    { reason: 'auth: HTTP 503 from http://127.0.0.1:4000/healthz', since: T - 125_000, isNormal: false },
    { reason: 'rails: no result yet', since: T - 4000, isNormal: false },
  ],
  containers: [
    { ...RAILS, verdict: { type: 'pending', reason: 'no result yet', since: T - 4000 } },
    {
      ...AUTH,
      verdict: { type: 'failed', reason: 'HTTP 503 from http://127.0.0.1:4000/healthz', since: T - 125_000 },
    },
    STATSD,
  ],
  timeline: [
    { actor: 'podusher', at: T - 30 * HOUR, type: 'hook', container: 'rails' },
    { actor: 'podusher', at: T - 30 * HOUR + 1000, type: 'restart', container: 'rails' },
    {
      actor: 'podusher',
      at: T - 30 * HOUR + 1900,
      type: 'released',
      container: 'rails',
      because: 'restart drained',
      left: NOTHING,
    },
  ],
};

/** 8.1 s into a shutdown: requests are in flight, and new connections have ended. */
export const DRAINING: Status = {
  ...SERVING,
  now: T + 8100,
  containers: [
    {
      ...RAILS,
      shutdown: { state: 'hook waiting', since: T + 9, releaseBy: T + 23_009, because: null },
      inFlight: THREE,
    },
    {
      ...AUTH,
      shutdown: { state: 'hook waiting', since: T + 10, releaseBy: T + 30_009, because: null },
      inFlight: NOTHING,
    },
    STATSD,
  ],
  api: {
    ...LOST,
    watch: { state: 'watching', since: T - HOUR, because: null, heardAt: T },
    deletion: { graceMs: 30_000 },
    slices: {
      watch: { state: 'watching', since: T, because: null, heardAt: T },
      serving: 0,
      terminating: 2,
      withdrawn: true,
    },
    events: EVENTS,
  },
  drain: {
    phase: 'draining',
    kind: 'termination',
    since: T + 8,
    evidence: "the agent's own hook and that of rails",
    waitsFor: [{ what: '4 requests in flight (1 of them in doubt)', untilAt: T + 23_008 }],
    deadlines: {
      drainMinAt: T + 5008,
      arrivalsMaxAt: T + 20_008,
      keptMaxAt: T + 10_230,
      drainMaxAt: T + 23_008,
      endAt: T + 30_008,
      healAt: T + 40_008,
    },
    arrivals: { state: 'silent', lastArrivalAt: T + 1990, count: 38 },
    inFlight: THREE,
  },
  timeline: [
    ...NOT_READY.timeline,
    ...WITH.filter(entry => entry.actor === 'podusher' && entry.at < T + 8100),
  ],
};

/** rails has failed its liveness probe: it drains by itself, and the pod stays. */
export const RESTARTING: Status = {
  ...SERVING,
  now: T + 6500,
  ready: false,
  blockers: [{ reason: 'drain: rails restarts', since: T + 1000, isNormal: false }],
  containers: [
    {
      ...RAILS,
      shutdown: { state: 'released', since: T + 5100, releaseBy: null, because: 'restart drained' },
      inFlight: NOTHING,
    },
    { ...AUTH, inFlight: NOTHING },
    STATSD,
  ],
  drain: {
    phase: 'draining',
    kind: 'restart',
    since: T + 100,
    evidence: 'hooks of others alone',
    waitsFor: [{ what: 'rails, which restarts, to stop', untilAt: T + 10_100 }],
    deadlines: NEVER,
    arrivals: { state: 'arriving', lastArrivalAt: null, count: 0 },
    inFlight: NOTHING,
  },
  timeline: [
    { actor: 'podusher', at: T + 100, type: 'hook', container: 'rails' },
    { actor: 'podusher', at: T + 1100, type: 'restart', container: 'rails' },
    {
      actor: 'podusher',
      at: T + 5100,
      type: 'released',
      container: 'rails',
      because: 'restart drained',
      left: NOTHING,
    },
  ],
};

/** Everybody has gone but the agent; rails was released with requests in flight. */
export const STOPPED: Status = {
  ...SERVING,
  now: T + 30_190,
  ready: false,
  blockers: [{ reason: 'drain: rails was released to stop', since: T + 10_230, isNormal: true }],
  containers: [
    {
      ...RAILS,
      verdict: { type: 'failed', reason: 'connect ECONNREFUSED 127.0.0.1:3000', since: T + 30_100 },
      shutdown: {
        state: 'stopped',
        since: T + 30_120,
        releaseBy: null,
        because: 'nothing of it is left to be seen',
      },
    },
    {
      ...AUTH,
      verdict: { type: 'failed', reason: 'port 4000 does not listen', since: T + 30_170 },
      shutdown: { state: 'released', since: T + 30_120, releaseBy: null, because: 'dependents stopped' },
    },
    STATSD,
  ],
  drain: {
    ...DRAINING.drain,
    phase: 'stopped',
    waitsFor: [],
    arrivals: { state: 'silent', lastArrivalAt: T + 1990, count: 38 },
    inFlight: { ...NOTHING, connections: 0 },
  },
  timeline: [...NOT_READY.timeline, ...WITH.filter(entry => entry.actor === 'podusher')],
};

export const BAD_SETTINGS: Status = {
  ...SERVING,
  ready: false,
  blockers: [
    {
      reason: 'settings: the annotations have problems, so no container is known',
      since: T - 8000,
      isNormal: false,
    },
  ],
  startedAt: T - 8000,
  containers: [],
  settings: {
    ...SERVING.settings,
    hash: null,
    appliedAt: T - 8000,
    problems: [
      'podusher.dev/drain-min: "5" has no unit; accepted: 1m30s, 500ms, 0s to 1h',
      'podusher.dev/non-critical: names "statd", which podusher.dev/containers does not; did you mean "statsd"?',
      'depends-on.podusher.dev/rails and depends-on.podusher.dev/auth: a cycle: rails → auth → rails',
      'readiness-probe.podusher.dev/rails: "periodSeconds" is 0; accepted: whole numbers from 1',
      'podusher.dev/grace-period: 30s do not hold drain-min 5s + rails 20s + auth 10s = 35s; make it 35s or more',
    ],
  },
  sources: {
    sockets: { used: '/proc/net/tcp', because: 'sock_diag was refused (EPERM)' },
    arrivals: { used: 'none', because: 'the pod is on the node’s own network' },
  },
};

const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'&amp;\u0000\u001B[31m\u202Eevil';

const HOSTILE_NAMES: Status = {
  ...DRAINING,
  name: HOSTILE,
  version: HOSTILE,
  ready: false,
  blockers: [{ reason: HOSTILE.repeat(20), since: T, isNormal: false }],
  settings: {
    ...SERVING.settings,
    hash: HOSTILE,
    annotationsFile: HOSTILE,
    problems: [HOSTILE, 'x'.repeat(3000)],
  },
  containers: [
    {
      ...RAILS,
      name: HOSTILE,
      dependsOn: [HOSTILE, 'a'.repeat(63)],
      verdict: { type: 'failed', reason: HOSTILE.repeat(9), since: T },
      shutdown: { state: 'hook waiting', since: T, releaseBy: T + 1, because: HOSTILE },
      inFlight: { ...THREE, unknown: HOSTILE },
    },
    { ...AUTH, name: 'a'.repeat(63) },
  ],
  drain: {
    ...DRAINING.drain,
    evidence: HOSTILE,
    waitsFor: [{ what: HOSTILE, untilAt: T + 9000 }],
    inFlight: { ...THREE, unknown: HOSTILE },
  },
  sources: { sockets: { used: HOSTILE, because: HOSTILE }, arrivals: { used: HOSTILE, because: null } },
  api: { ...LOST, watch: { ...LOST.watch, because: HOSTILE.repeat(9) } },
  timeline: [
    { actor: 'podusher', at: T + 8, type: 'hook', container: HOSTILE },
    ...Object.values(EVERY),
    { ...EVERY.outage, reason: HOSTILE },
    { ...EVERY.ready, container: HOSTILE, reason: HOSTILE },
    { ...EVERY['dependency-gone'], container: HOSTILE, dependents: [HOSTILE] },
  ],
};

export const STATUSES: Readonly<Record<string, Status>> = {
  SERVING,
  NOT_READY,
  DRAINING,
  RESTARTING,
  STOPPED,
  BAD_SETTINGS,
  HOSTILE_NAMES,
};
