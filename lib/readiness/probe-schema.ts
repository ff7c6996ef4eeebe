/**
 * The kubelet's `Probe` as JSON, checked field by field. Invariant: whatever is wrong, *all* of it is reported.
 * Defaults and bounds are the API's: `SetDefaults_Probe` in `pkg/apis/core/v1/defaults.go`, `validateProbe` in
 * `pkg/apis/core/validation/validation.go`.
 */
import * as v from 'valibot';
import { didYouMean } from '../suggest.ts';
import type { Probe, ProbeAction } from './probe.ts';

const MAX_INT32 = 2 ** 31 - 1;
const MAX_PORT = 65535;

/** What the schema says of a field that it does not know; `problemsOf` says it better. */
const UNKNOWN_FIELD = 'is not a field';

const text = v.nullish(
  v.string(issue => `${JSON.stringify(issue.input)} is not text`),
  '',
);

/** The API takes 0 for "not set". */
const number = (byDefault: number) =>
  v.pipe(
    v.nullish(
      wholeNumber(0, MAX_INT32, `accepted: whole numbers to ${MAX_INT32}; by default ${byDefault}`),
      0,
    ),
    v.transform(given => given || byDefault),
  );

/** A port of the container, by number: the agent cannot see the names of its siblings' ports. */
export const PortSchema: v.GenericSchema<number> = wholeNumber(
  1,
  MAX_PORT,
  `accepted: a port's number, 1 to 65535`,
);

/** A name or an address. An IPv6 address has at least two colons; with one it is a host and a port. */
export const HostSchema: v.GenericSchema<string | null | undefined, string> = v.pipe(
  text,
  v.check(
    host => !/[\s/?#@[\]\\]/u.test(host) && host.split(':').length !== 2,
    issue => `${JSON.stringify(issue.input)} is not a host; accepted: a name or an address, without a port`,
  ),
);

const Header = object({
  name: v.pipe(
    v.string(issue => `${JSON.stringify(issue.input)} is not text`),
    v.regex(
      /^[-A-Za-z0-9]+$/u,
      issue => `${JSON.stringify(issue.input)} is no header's name; accepted: letters, digits, -`,
    ),
  ),
  value: v.pipe(
    text,
    v.regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/u, 'has characters that no header can carry'),
  ),
});

const HttpGet = object({
  path: text,
  port: PortSchema,
  host: HostSchema,
  scheme: v.nullish(
    v.picklist(
      ['HTTP', 'HTTPS'],
      issue => `${JSON.stringify(issue.input)} is not a scheme; accepted: HTTP, HTTPS`,
    ),
    'HTTP',
  ),
  httpHeaders: v.nullish(
    v.array(Header, issue => `${JSON.stringify(issue.input)} is not a list of {name, value}`),
    [],
  ),
});
const TcpSocket = object({ port: PortSchema, host: HostSchema });
const Grpc = object({ port: PortSchema, service: text });

const ProbeSchema = object({
  httpGet: v.nullish(HttpGet),
  tcpSocket: v.nullish(TcpSocket),
  grpc: v.nullish(Grpc),
  exec: v.nullish(
    v.never(
      'cannot be run from the agent, which is another container; leave the exec probe on the container, whose ' +
        'verdict the API watch then brings, or give the container an endpoint and use httpGet',
    ),
  ),
  initialDelaySeconds: number(0),
  periodSeconds: number(10),
  timeoutSeconds: number(1),
  successThreshold: number(1),
  failureThreshold: number(3),
  terminationGracePeriodSeconds: v.nullish(
    v.never('the API refuses it for readiness probes, which never end a container; leave it out'),
  ),
});

/**
 * @param value The kubelet's `Probe`, as `JSON.parse` returns it.
 * @returns the probe, or all problems, each with the field's path before it: `periodSeconds: -1 is …`.
 */
export function checkProbe(value: unknown): Probe | readonly string[] {
  const result = v.safeParse(ProbeSchema, value);
  const problems = [...actionProblems(value), ...problemsOf(result.issues)];
  if (!result.success || problems.length > 0) return problems;
  const { initialDelaySeconds, periodSeconds, timeoutSeconds, successThreshold, failureThreshold } =
    result.output;
  const action = toAction(result.output);
  if (action === undefined) return problems;
  return { action, initialDelaySeconds, periodSeconds, timeoutSeconds, successThreshold, failureThreshold };
}

/** @returns what `v.safeParse` found wrong, as phrases with the field's path before them. */
export function problemsOf(issues: readonly v.BaseIssue<unknown>[] = []): readonly string[] {
  return issues.map(issue => {
    const path = v.getDotPath(issue);
    const message = issue.message === UNKNOWN_FIELD ? unknownField(issue) : issue.message;
    return path === null ? message : `${path}: ${message}`;
  });
}

/** The fields there are, by the name of the object that has them; the probe's own has none. */
const FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  [undefined, Object.keys(ProbeSchema.entries)],
  ['httpGet', Object.keys(HttpGet.entries)],
  ['tcpSocket', Object.keys(TcpSocket.entries)],
  ['grpc', Object.keys(Grpc.entries)],
  ['httpHeaders', Object.keys(Header.entries)],
]);

function unknownField({ path }: Pick<v.BaseIssue<unknown>, 'path'>): string {
  const keys = (path ?? []).map(({ key }) => key).filter(key => typeof key === 'string');
  const [parent, field = ''] = [keys.at(-2), keys.at(-1)];
  return `is not a field of ${parent ?? 'a probe'}${didYouMean(field, FIELDS.get(parent) ?? [])}`;
}

function toAction({ httpGet, tcpSocket, grpc }: v.InferOutput<typeof ProbeSchema>): ProbeAction | undefined {
  if (httpGet) {
    const { scheme, port, httpHeaders: headers } = httpGet;
    return {
      type: 'httpGet',
      scheme,
      host: httpGet.host || undefined,
      port,
      path: httpGet.path || '/',
      headers,
    };
  }
  if (tcpSocket) return { type: 'tcpSocket', host: tcpSocket.host || undefined, port: tcpSocket.port };
  if (grpc) return { type: 'grpc', ...grpc };
  return undefined;
}

/** Counted on the raw value, so that the count is reported even when a field is wrong as well. */
function actionProblems(value: unknown): readonly string[] {
  const isSet = (name: string) => v.is(v.looseObject({ [name]: v.nonNullish(v.unknown()) }), value);
  const actions = ['httpGet', 'tcpSocket', 'grpc', 'exec'].filter(isSet);
  if (actions.length === 0) return ['No action is set; accepted: one of httpGet, tcpSocket, grpc'];
  return actions.length === 1 ? [] : [`${actions.join(' and ')} are set; a probe has exactly one of them`];
}

function wholeNumber(min: number, max: number, accepted: string) {
  return v.custom<number>(
    given => Number.isInteger(given) && Number(given) >= min && Number(given) <= max,
    issue => {
      const why =
        typeof issue.input === 'string' ? 'is text, not a number' : 'is out of bounds or no whole number';
      return `${JSON.stringify(issue.input)} ${why}; ${accepted}`;
    },
  );
}

/** Every unknown field is a problem, not only the first one (which is what `v.strictObject` reports). */
function object<const T extends v.ObjectEntries>(entries: T) {
  return v.objectWithRest(entries, v.never(UNKNOWN_FIELD), issue =>
    issue.input === undefined ? 'is missing' : `${JSON.stringify(issue.input)} is not an object`,
  );
}
