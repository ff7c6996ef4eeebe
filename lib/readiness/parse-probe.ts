/**
 * A probe as written in an annotation: the kubelet's own JSON, so that a probe in use is moved by copying it,
 * or one line for the common case. Both have the kubelet's defaults.
 */
import * as v from 'valibot';
import { messageOf } from '../message-of.ts';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import type { Probe } from './probe.ts';
import { checkProbe, HostSchema, PortSchema, problemsOf } from './probe-schema.ts';

/** What {@link parseProbe} accepts, for help texts and messages. */
export const PROBE_FORMS: string =
  '{"httpGet":{"path":"/healthz","port":3000}} (the kubelet\'s Probe in JSON), http://:3000/healthz, ' +
  'https://:3443/healthz, tcp://:4000, grpc://:50051/service';

/**
 * @param text The kubelet's `Probe` in JSON, or short: `http://:3000/healthz`, `https://HOST:PORT/PATH`,
 *   `tcp://:4000`, `grpc://:50051/service`. Either way the defaults are the kubelet's: every 10 s, 1 s of timeout,
 *   ready after one success, failed after three failures in a row.
 * @returns the probe, or all problems at once.
 */
export function parseProbe(text: string): Parsed<Probe> {
  const trimmed = text.trim();
  return trimmed.startsWith('{') ? parseJson(trimmed) : parseShort(trimmed);
}

function parseJson(json: string): Parsed<Probe> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return unparsed(`Not JSON: ${messageOf(error)}; accepted: ${PROBE_FORMS}`);
  }
  return toParsed(checkProbe(value));
}

const SHORT =
  /^(?<scheme>https?|tcp|grpc):\/\/(?<host>\[[^\]]*\]|[^/?#:]*)(?::(?<port>[^/?#]*))?(?<path>.*)$/su;

function parseShort(short: string): Parsed<Probe> {
  const { scheme, host = '', port = '', path = '' } = SHORT.exec(short)?.groups ?? {};
  if (scheme === undefined)
    return unparsed(`${JSON.stringify(short)} is not a probe; accepted: ${PROBE_FORMS}`);
  const problems: string[] = [];
  if (port === '')
    problems.push(`${JSON.stringify(short)} has no port; write ${scheme}://${host}:PORT${path}`);
  else problems.push(...problemsOf(v.safeParse(PortSchema, toNumber(port)).issues));
  // As in the API, a host has no brackets around an IPv6 address.
  const bareHost = host.replace(/^\[(.*)\]$/u, '$1');
  problems.push(...problemsOf(v.safeParse(HostSchema, bareHost).issues));
  if (scheme === 'tcp' && path !== '')
    problems.push(`A tcp probe has no path; leave out ${JSON.stringify(path)}`);
  if (scheme === 'grpc' && host !== '')
    problems.push(`A grpc probe has no host; leave out ${JSON.stringify(host)}`);
  return problems.length > 0
    ? unparsed(...problems)
    : toParsed(checkProbe(inApiWords(scheme, bareHost, Number(port), path)));
}

/** The short form as the API would have it, so that both forms get the same defaults and checks. */
function inApiWords(scheme: string, host: string, port: number, path: string): object {
  if (scheme === 'tcp') return { tcpSocket: { host, port } };
  if (scheme === 'grpc') return { grpc: { port, service: path.replace(/^\//u, '') } };
  return { httpGet: { scheme: scheme.toUpperCase(), host, port, path } };
}

/** @returns the number, or the text as it is where it is none: what is wrong is said by the schema. */
function toNumber(digits: string): number | string {
  return /^\d+$/u.test(digits) ? Number(digits) : digits;
}

function toParsed(checked: Probe | readonly string[]): Parsed<Probe> {
  return 'action' in checked ? parsed(checked) : unparsed(...checked);
}
