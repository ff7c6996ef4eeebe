/** The settings of `podusher publisher`: each is the flag `--NAME` and the variable `PODUSHER_NAME`. */
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { type Environment, variableProblems } from './environment.ts';
import * as kind from './kind.ts';
import type { Reader } from './layers.ts';
import { parseList } from './list.ts';
import type { Problem } from './problem.ts';
import { flagOf, type Row, setting, unset } from './row.ts';
import { AGENT, type LogLevel } from './table.ts';

export interface PublisherRows {
  readonly namespaces: Row<readonly string[]>;
  readonly leaseName: Row<string>;
  readonly leaseNamespace: Row<string | undefined>;
  readonly writesPerSecond: Row<number>;
  readonly dryRun: Row<boolean>;
  readonly server: Row<URL | undefined>;
  readonly port: Row<number>;
  readonly listenAddress: Row<string>;
  readonly serviceAccount: Row<string>;
  readonly logLevel: Row<LogLevel>;
}

const NAMESPACES: kind.Kind<readonly string[]> = {
  placeholder: 'NAMESPACE,…',
  accepted: 'names of namespaces, separated by commas',
  pattern: '[\\s\\S]*',
  parse: text => parseList(text, kind.OBJECT, NAMESPACES.accepted),
};

const WRITES: kind.Kind<number> = {
  placeholder: 'NUMBER',
  accepted: 'a whole number, 1 to 1000',
  pattern: '[0-9]{1,4}',
  parse(text): Parsed<number> {
    const number = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
    return number >= 1 && number <= 1000
      ? parsed(number)
      : unparsed(`${quoted(text)} is not accepted; accepted: ${WRITES.accepted}`);
  },
};

const PROXY: kind.Kind<URL> = {
  placeholder: 'URL',
  accepted: 'http://HOST:PORT',
  pattern: 'http://.+',
  parse(text: string): Parsed<URL> {
    const url = /^http:\/\/[^/?#@]+\/?$/.test(text) ? URL.parse(text) : null;
    return url === null
      ? unparsed(`${quoted(text)} is not accepted; accepted: ${PROXY.accepted}`)
      : parsed(url);
  },
};

export const PUBLISHER: PublisherRows = {
  namespaces: {
    name: 'namespaces',
    kind: NAMESPACES,
    default: [],
    defaultText: 'all',
    help: 'The namespaces whose Services are published',
  },
  leaseName: setting(
    'lease-name',
    kind.OBJECT,
    'podusher-publisher',
    'The Lease by which one of several publishers leads',
  ),
  leaseNamespace: unset(
    'lease-namespace',
    kind.OBJECT,
    "the service account's",
    'The namespace of that Lease',
  ),
  writesPerSecond: setting(
    'writes-per-second',
    WRITES,
    '50',
    'How many slices are written at most; those writes that take an endpoint out have as many of their own',
  ),
  dryRun: setting(
    'dry-run',
    kind.BOOLEAN,
    'false',
    'Whether to print, in lines of JSON, what would be written and which pods are not ready, and end; it needs no Lease',
  ),
  server: unset(
    'server',
    PROXY,
    "the cluster's own",
    'With --dry-run: where kubectl proxy listens, for whoever is not in the cluster',
  ),
  port: { ...AGENT.port, help: 'The port that /livez, /readyz, /status and /metrics are on' },
  listenAddress: AGENT.listenAddress,
  serviceAccount: {
    ...AGENT.serviceAccount,
    help: "The folder with the service account's token, ca.crt and namespace",
  },
  logLevel: AGENT.logLevel,
};

export interface PublisherSettings {
  /** None: all of the cluster. */
  readonly namespaces: readonly string[];
  readonly leaseName: string;
  /** Undefined: that of the service account. */
  readonly leaseNamespace: string | undefined;
  readonly writesPerSecond: number;
  readonly dryRun: boolean;
  /** With it alone no service account is needed. */
  readonly server: URL | undefined;
  readonly port: number;
  readonly listenAddress: string;
  readonly serviceAccount: string;
  readonly logLevel: LogLevel;
}

/** @returns problems that no single row has. */
export function publisherProblems(
  environment: Environment,
  { dryRun, server }: PublisherSettings,
): Problem[] {
  const problems = variableProblems(environment, Object.values(PUBLISHER));
  // Nobody but kubectl proxy answers without being told who asks.
  if (server !== undefined && !dryRun) {
    problems.push({
      source: `flag ${flagOf(PUBLISHER.server)}`,
      message: `Is for ${flagOf(PUBLISHER.dryRun)} alone`,
    });
  }
  return problems;
}

/** @returns the settings as the reader has them; its `startProblems` say what was wrong. */
export function publisherSettings(reader: Reader): PublisherSettings {
  return {
    namespaces: reader.agent(PUBLISHER.namespaces),
    leaseName: reader.agent(PUBLISHER.leaseName),
    leaseNamespace: reader.agent(PUBLISHER.leaseNamespace),
    writesPerSecond: reader.agent(PUBLISHER.writesPerSecond),
    dryRun: reader.agent(PUBLISHER.dryRun),
    server: reader.agent(PUBLISHER.server),
    port: reader.agent(PUBLISHER.port),
    listenAddress: reader.agent(PUBLISHER.listenAddress),
    serviceAccount: reader.agent(PUBLISHER.serviceAccount),
    logLevel: reader.agent(PUBLISHER.logLevel),
  };
}
