import { blocks, type Check, type Readiness } from './aggregate.ts';

/** When the pod became ready or not ready, and because of whom: for whoever looks later. */
export interface ReadinessChange {
  /** In ms since the epoch. */
  readonly at: number;
  readonly ready: boolean;
  /**
   * While it is not ready, what blocks: `auth: HTTP 503 from …`. When it has become ready, how those are that blocked
   * before: `auth: HTTP 200 from …`, `drain: over`.
   */
  readonly because: readonly string[];
}

/** @returns the change from one readiness to the next; undefined where the pod is as it was, because of the same. */
export function readinessChange(
  before: Readiness | undefined,
  after: Readiness,
  at: number,
): ReadinessChange | undefined {
  const blocked = before?.checks.filter(blocks) ?? [];
  const blocking = after.checks.filter(blocks);
  if (before?.ready === after.ready && keysOf(blocked) === keysOf(blocking)) return undefined;
  if (!after.ready) return { at, ready: false, because: blocking.map(reasonOf) };
  const names = [...new Set(blocked.map(({ name }) => name))];
  const because = names.map(name => {
    const now = after.checks.find(check => check.name === name);
    return now === undefined ? `${name}: over` : reasonOf(now);
  });
  return { at, ready: true, because };
}

function reasonOf({ name, reason }: Check): string {
  return `${name}: ${reason}`;
}

/** A reason may be put differently from one probe to the next; since when it blocks stays. */
function keysOf(checks: readonly Check[]): string {
  return checks.map(({ name, since }) => `${name} ${since}`).join();
}
