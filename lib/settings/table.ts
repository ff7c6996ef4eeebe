/**
 * The one table of settings: from it come the parser, `podusher agent --help`, the README's tables and
 * `deploy/settings.schema.json`. A setting that is not here does not exist.
 */
import type { Probe } from '../readiness/probe.ts';
import { DEFAULT_STOP_TIMEOUT_MS } from './budget.ts';
import { formatDuration } from './duration.ts';
import * as kind from './kind.ts';
import { type Row, setting, unset } from './row.ts';
import type { DrainAction, InFlightSource } from './settings.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const UP_TO_AN_HOUR = kind.duration({ minMs: 0, maxMs: HOUR });
const A_SECOND_TO_AN_HOUR = kind.duration({ minMs: SECOND, maxMs: HOUR });
const UP_TO_A_DAY = kind.duration({ minMs: 0, maxMs: 24 * HOUR });
const A_SECOND_TO_A_DAY = kind.duration({ minMs: SECOND, maxMs: 24 * HOUR });

/** Of the whole pod: the annotation `podusher.dev/NAME`, the flag `--NAME`, the variable `PODUSHER_NAME`. */
export interface PodRows {
  readonly nonCritical: Row<readonly string[]>;
  readonly nativeSidecars: Row<readonly string[]>;
  readonly containers: Row<readonly string[] | undefined>;
  readonly readyDuringDrain: Row<boolean>;
  readonly gracePeriodMs: Row<number>;
  readonly drainMinMs: Row<number>;
  readonly drainSilenceMaxMs: Row<number>;
  readonly drainArrivalsMaxMs: Row<number>;
  readonly drainKeptMaxMs: Row<number>;
  readonly drainDoubtMs: Row<number>;
  readonly drainMaxMs: Row<number | undefined>;
  readonly restartDrainMaxMs: Row<number>;
}

export const POD: PodRows = {
  nonCritical: setting(
    'non-critical',
    kind.CONTAINERS,
    '',
    'Containers without which the pod is ready all the same',
  ),
  nativeSidecars: setting(
    'native-sidecars',
    kind.CONTAINERS,
    '',
    "Native sidecars in declared order, the agent's own name among them if it is one",
  ),
  containers: unset(
    'containers',
    kind.CONTAINERS,
    'those named in the rest',
    "All the pod's other containers; given, a name elsewhere that is not among them is a problem",
  ),
  readyDuringDrain: setting(
    'ready-during-drain',
    kind.BOOLEAN,
    'true',
    'Whether /ready goes on telling the truth during a termination; with false it is 503 from the hook on',
  ),
  gracePeriodMs: setting(
    'grace-period',
    A_SECOND_TO_A_DAY,
    '30s',
    "The pod's terminationGracePeriodSeconds, which the downward API does not tell",
  ),
  drainMinMs: setting('drain-min', UP_TO_AN_HOUR, '5s', 'How long a drain lasts at least'),
  drainSilenceMaxMs: setting(
    'drain-silence-max',
    A_SECOND_TO_AN_HOUR,
    '12s',
    'The longest silence worth waiting for, as a sign that no new connections are sent any more',
  ),
  drainArrivalsMaxMs: setting(
    'drain-arrivals-max',
    UP_TO_AN_HOUR,
    '20s',
    'How long new connections may hold a drain',
  ),
  drainKeptMaxMs: setting(
    'drain-kept-max',
    UP_TO_AN_HOUR,
    '5s',
    'How long new requests on kept connections may hold a drain once new connections have ended',
  ),
  drainDoubtMs: setting(
    'drain-doubt',
    UP_TO_AN_HOUR,
    '5s',
    'How long after its last byte a connection in doubt counts as in flight',
  ),
  drainMaxMs: unset(
    'drain-max',
    UP_TO_A_DAY,
    'what the grace period leaves',
    'How long a drain lasts at most',
  ),
  restartDrainMaxMs: setting(
    'restart-drain-max',
    UP_TO_AN_HOUR,
    '5s',
    "How long the drain of a single container's restart lasts at most",
  ),
};

/** Of one container: the annotation `NAME.podusher.dev/CONTAINER`. */
export interface ContainerRows {
  readonly probe: Row<Probe | undefined>;
  readonly ports: Row<readonly number[] | undefined>;
  readonly dependsOn: Row<readonly string[]>;
  readonly stopTimeoutMs: Row<number | undefined>;
  readonly inFlight: Row<InFlightSource>;
  readonly drainAction: Row<DrainAction | undefined>;
}

export const CONTAINER: ContainerRows = {
  probe: unset('readiness-probe', kind.PROBE, 'none', 'How the agent probes its readiness'),
  ports: unset(
    'ports',
    kind.PORTS,
    "its probe's port",
    'TCP ports it serves, for telling that it has stopped',
  ),
  dependsOn: setting('depends-on', kind.CONTAINERS, '', 'Containers that must outlive it'),
  stopTimeoutMs: unset(
    'stop-timeout',
    UP_TO_A_DAY,
    `${formatDuration(DEFAULT_STOP_TIMEOUT_MS)}; 0s for one that others depend on`,
    'What it needs after SIGTERM',
  ),
  inFlight: setting(
    'in-flight',
    kind.IN_FLIGHT,
    'tcp',
    'Who tells what is in flight in it: its sockets, its open connections, or a gauge that it has',
  ),
  drainAction: unset(
    'drain-action',
    kind.DRAIN_ACTION,
    'none',
    "A request to make when a termination's drain begins",
  ),
};

/** Of the agent itself: the flag `--NAME`, the variable `PODUSHER_NAME`. */
export interface AgentRows {
  readonly name: Row<string>;
  readonly port: Row<number>;
  readonly listenAddress: Row<string>;
  readonly podIp: Row<string>;
  readonly annotationsFile: Row<string>;
  readonly tokenFile: Row<string | undefined>;
  readonly logLevel: Row<LogLevel>;
  readonly hostNetwork: Row<boolean>;
  readonly outsideAddresses: Row<readonly string[] | undefined>;
  readonly api: Row<boolean>;
  readonly podName: Row<string | undefined>;
  readonly podNamespace: Row<string | undefined>;
  readonly serviceAccount: Row<string>;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export const AGENT: AgentRows = {
  name: setting('name', kind.CONTAINER, 'podusher', "The agent's own container name"),
  port: setting('port', kind.PORT, '8866', 'The port it listens on'),
  listenAddress: setting('listen-address', kind.ADDRESS, '::', 'The address it listens on; :: is all'),
  podIp: setting('pod-ip', kind.ADDRESS, '127.0.0.1', 'Where probes without a host go'),
  annotationsFile: setting(
    'annotations-file',
    kind.FILE,
    '/etc/podinfo/annotations',
    'Where the downward API writes the annotations; with any other than the default the pod is not ready until the file is there',
  ),
  tokenFile: unset('token-file', kind.FILE, 'none', 'The file with the token that /drain asks for'),
  logLevel: setting(
    'log-level',
    kind.oneOf('LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    'The least important lines to log',
  ),
  hostNetwork: setting(
    'host-network',
    kind.BOOLEAN,
    'false',
    "Whether the pod is on its node's network, whose connections are everybody's: arrivals are not told there",
  ),
  outsideAddresses: unset(
    'outside-address',
    kind.ADDRESSES,
    'all but the pod',
    'For rehearsals: only connections from these are traffic, and new ones are told by sampling',
  ),
  api: setting(
    'api',
    kind.BOOLEAN,
    'false',
    'Whether to watch the pod by the Kubernetes API and write Events on it; its service account must be allowed to',
  ),
  podName: unset(
    'pod-name',
    kind.OBJECT,
    "the host's name",
    'The name of the pod: the title of its page, and what --api asks for',
  ),
  podNamespace: unset(
    'pod-namespace',
    kind.OBJECT,
    "the service account's",
    'With --api: the namespace of the pod',
  ),
  serviceAccount: setting(
    'service-account',
    kind.FOLDER,
    '/var/run/secrets/kubernetes.io/serviceaccount',
    "With --api: the folder with the service account's token, ca.crt and namespace",
  ),
};

/** The token itself has no flag, for flags are seen in the list of processes. */
export const TOKEN: Row<string | undefined> = unset(
  'token',
  kind.TOKEN,
  'none',
  'The token that /drain asks for; a variable only, never a flag',
);
