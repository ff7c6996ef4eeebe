/**
 * What an httpGet probe sends and what an answer means, as the kubelet has it: `pkg/probe/http/request.go` and
 * `pkg/probe/http/http.go`. Invariant: a probe never leaves its host; a redirect elsewhere ends it.
 */
import type { ProbeAction } from './probe.ts';
import type { ProbeResult } from './probe-result.ts';

/** No more of an answer is read (`maxRespBodyLength`); what a target sends beyond costs nothing. */
export const MAX_BODY_BYTES: number = 10 * 1024;
/** The first one included: Go's client stops at its tenth redirect. */
const MAX_REQUESTS = 10;

/** A GET request. */
export interface HttpRequest {
  readonly url: URL;
  /** What the Host header says: a name of the probe's own choosing where it has one. */
  readonly host: string;
  /** All others, in the order given; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What the head of an answer says. */
export interface HttpHead {
  readonly status: number;
  /** The Location header, as sent. */
  readonly location: string | undefined;
}

/** What to do about an answer: it is a result, if its body (to {@link MAX_BODY_BYTES}) arrives, or a redirect. */
export type HttpStep =
  | { readonly type: 'result'; readonly result: ProbeResult }
  | { readonly type: 'follow'; readonly request: HttpRequest };

/** Go writes these by itself and ignores a request's own (`reqWriteExcludeHeader`); so do we, and Connection's. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * @param podHost Where the pod's own containers are reached, for a probe without a host of its own.
 * @param userAgent Sent unless the probe sets one; a header that is set to nothing is left out.
 * @returns the first request, or undefined where host, port and path make no URL.
 */
export function firstRequest(
  action: Extract<ProbeAction, { type: 'httpGet' }>,
  podHost: string,
  userAgent: string,
): HttpRequest | undefined {
  const host = inUrl(action.host ?? podHost);
  const given = (name: string) => action.headers.filter(header => header.name.toLowerCase() === name);
  const origin = `${action.scheme.toLowerCase()}://${host}:${action.port}`;
  const url = URL.parse(origin + inRequestLine(action.path));
  if (url === null) return undefined;
  const headers = action.headers
    .filter(header => !FRAMING.has(header.name.toLowerCase()))
    .filter(header => !['host', 'user-agent', 'accept'].includes(header.name.toLowerCase()))
    .map(({ name, value }): [string, string] => [name, value]);
  const agent = given('user-agent')[0]?.value ?? userAgent;
  if (agent !== '') headers.push(['User-Agent', agent]);
  const accepts = given('accept').map(header => header.value);
  if (accepts.length === 0) accepts.push('*/*');
  if (accepts[0] !== '') headers.push(...accepts.map((value): [string, string] => ['Accept', value]));
  return { url, host: given('host')[0]?.value || `${host}:${action.port}`, headers };
}

/**
 * @param requests How many were sent, this answer's included.
 * @returns the result, where the answer is the last; or the next request. Redirects on the same host are followed;
 *   one to another host is a success with a warning (`RedirectChecker`), as is one that leads nowhere.
 */
export function judge(request: HttpRequest, { status, location }: HttpHead, requests: number): HttpStep {
  const answer = `HTTP ${status} from ${request.url.href}`;
  if (status < 200 || status >= 400) return result('failure', answer);
  if (status < 300) return result('success', answer);
  if (![301, 302, 303, 307, 308].includes(status) || !location) {
    return result('warning', `${answer}, a redirect that leads nowhere`);
  }
  const url = URL.parse(location, request.url.href);
  const shown = JSON.stringify(location.slice(0, 200));
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return result('failure', `${answer}, a redirect to ${shown}, which cannot be requested`);
  }
  if (url.hostname !== request.url.hostname) {
    return result('warning', `${answer}, a redirect to ${shown}, which is another host and not followed`);
  }
  if (requests >= MAX_REQUESTS)
    return result('failure', `${answer}, and stopped after ${requests} redirects`);
  // As in Go's client: a Host of the probe's own choosing stays for a relative redirect only.
  const host = URL.canParse(location) ? url.host : request.host;
  return { type: 'follow', request: { ...request, url, host } };
}

function result(type: ProbeResult['type'], reason: string): HttpStep {
  return { type: 'result', result: { type, reason } };
}

/** @returns a host as a URL has it, with brackets around an IPv6 address. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** What would end or bend the path is escaped, as Go's `url.URL` does; a URL's parser would drop or turn it. */
function inRequestLine(path: string): string {
  const escaped = path.toWellFormed().replaceAll(/[\s\\]/gu, encodeURIComponent);
  return escaped.startsWith('/') || escaped.startsWith('?') ? escaped : `/${escaped}`;
}
