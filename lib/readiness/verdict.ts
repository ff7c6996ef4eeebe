/**
 * What is known of one container: never a bare boolean, always with the reason.
 * `unobserved`: nothing can tell (no probe, no ports); it does not block, and that is said.
 * `pending`: no result yet; it blocks, as readiness starts as failure (kubelet `pkg/kubelet/prober/worker.go`).
 */
export interface Verdict {
  readonly type: 'ready' | 'failed' | 'pending' | 'unobserved';
  /** Why, in a phrase: `HTTP 503 from http://127.0.0.1:3000/healthz`, `port 3000 does not listen`. */
  readonly reason: string;
  /** When the type last changed, in ms since the epoch. */
  readonly since: number;
}

/** @returns the next verdict: since now, or since before where only the reason is new. */
export function verdictAfter(
  previous: Verdict | undefined,
  next: Pick<Verdict, 'type' | 'reason'>,
  now: number,
): Verdict {
  return { ...next, since: previous?.type === next.type ? previous.since : now };
}

/** @returns whether there is anything to tell anew. */
export function isNews(previous: Verdict, next: Verdict): boolean {
  return previous.type !== next.type || previous.reason !== next.reason;
}

/**
 * A container without a probe: it is ready while all its ports listen.
 * @param ports Its ports; with none, nothing can tell.
 * @param listening The TCP ports that listen in the pod; undefined as long as they have not been read.
 */
export function portsVerdict(
  ports: readonly number[],
  listening: ReadonlySet<number> | undefined,
): Pick<Verdict, 'type' | 'reason'> {
  if (ports.length === 0) return { type: 'unobserved', reason: 'it has neither a probe nor ports' };
  if (listening === undefined) return { type: 'pending', reason: 'its ports have not been looked at yet' };
  const silent = ports.filter(port => !listening.has(port));
  return silent.length === 0
    ? { type: 'ready', reason: `${name(ports)} ${ports.length === 1 ? 'listens' : 'listen'}` }
    : { type: 'failed', reason: `${name(silent)} ${silent.length === 1 ? 'does' : 'do'} not listen` };
}

function name(ports: readonly number[]): string {
  return `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`;
}
