import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';

/** A plain HTTP address whose host may be left out: then it is the pod itself. */
export interface PodUrl {
  readonly scheme: 'http' | 'https';
  /** A name, an IPv4 address, or an IPv6 address without brackets; undefined is the pod itself. */
  readonly host: string | undefined;
  readonly port: number;
  /** With its query; begins with `/`. */
  readonly path: string;
}

const ACCEPTED = 'accepted: http://:PORT/PATH, where the empty host is the pod itself';
const URL_PARTS =
  /^(?<scheme>https?):\/\/(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[\w.-]*))(?::(?<port>[0-9]{1,5}))?(?<path>[/?][!-~]*)?$/;

/** Reads `http://:9293/stats`: visible ASCII, no user, no fragment; a port may be left out beside a host. */
export function parsePodUrl(text: string): Parsed<PodUrl> {
  if (text.includes('#')) return unparsed(`${quoted(text)} has a fragment; ${ACCEPTED}`);
  const { scheme, ipv6, host, port, path = '/' } = URL_PARTS.exec(text)?.groups ?? {};
  if (scheme === undefined) return unparsed(`${quoted(text)} is not a URL; ${ACCEPTED}`);
  const named = ipv6 ?? (host === '' ? undefined : host);
  if (named === undefined && port === undefined) return unparsed(`${quoted(text)} has no port; ${ACCEPTED}`);
  const number = Number(port ?? (scheme === 'https' ? 443 : 80));
  if (number < 1 || number > 65_535)
    return unparsed(`${quoted(text)} has no port of 1 to 65535; ${ACCEPTED}`);
  return parsed({
    scheme: scheme === 'https' ? 'https' : 'http',
    host: named,
    port: number,
    path: path.startsWith('/') ? path : `/${path}`,
  });
}

/**
 * @param podHost the address that stands for the pod itself: `127.0.0.1`, `fd00::7`.
 * @returns the URL as a client takes it.
 */
export function formatPodUrl({ scheme, host = '', port, path }: PodUrl, podHost: string): string {
  const name = host || podHost;
  return `${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}${path}`;
}
