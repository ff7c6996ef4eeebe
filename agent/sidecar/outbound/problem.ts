/** The deadline of a probe or of another request, as the error that its sockets are destroyed with. */
export class ProbeTimeout extends Error {
  readonly code = 'PROBE_TIMEOUT';
}

/** What node:http calls a reset too, though nobody sent one. */
const CLOSED_EARLY = 'CLOSED_EARLY';

/** By Node's stable codes; the phrases say it of a target. */
const PHRASES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  EPIPE: 'reset the connection',
  ENOTFOUND: 'has no address: the name was not found',
  EAI_AGAIN: 'has no address: the name could not be looked up',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'cannot be reached',
  [CLOSED_EARLY]: 'closed the connection before the whole answer',
  HPE_HEADER_OVERFLOW: 'sent too many headers',
};

/** What a target does not speak, by the prefix of the error's code; the messages hold memory addresses and the like. */
const NOT_SPOKEN: readonly (readonly [prefix: string, protocol: string])[] = [
  ['HPE_', 'HTTP'],
  ['ERR_SSL_', 'TLS'],
  ['EPROTO', 'TLS'],
  ['ERR_HTTP2_', 'HTTP/2'],
];

/**
 * @param error What a socket or a client ended with.
 * @param target `127.0.0.1:3000`, or a URL.
 * @returns the reason, in a phrase of bounded length.
 */
export function connectionProblem(error: unknown, target: string): string {
  const code = connectionCodeOf(error);
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '').slice(0, 200) : String(error);
  if (error instanceof ProbeTimeout) return `${target} ${message}`;
  const phrase = PHRASES[code];
  if (phrase !== undefined) return `${target} ${phrase}`;
  const [, protocol] = NOT_SPOKEN.find(([prefix]) => code.startsWith(prefix)) ?? [];
  if (protocol !== undefined) return `${target} did not answer in ${protocol} (${code})`;
  return `${target} failed: ${message || code}`;
}

/** @returns the code to say it by; none where an error has none. */
function connectionCodeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return error.code === 'ECONNRESET' && !('syscall' in error) ? CLOSED_EARLY : String(error.code);
}
