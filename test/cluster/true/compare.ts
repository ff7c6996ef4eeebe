/** Whether two told the same story: pure. */
import type { Entry } from '../../../lib/timeline/entry.ts';

/** What is compared of it. */
interface Happening {
  /** In ms since the first hook. */
  readonly at: number;
  readonly container: string;
  readonly what: string;
  readonly type: Entry['type'];
}

/** The same happens in both this much apart, at most: two machines' loads, and clocks that count in seconds. */
const TOLERANCE_MS = 2_000;

/**
 * At its end, the kubelet abandons the hooks exactly; it kills up to a second later, for it cuts the time that a hook took to
 * whole seconds (`executePreStopHook` in `kuberuntime_container.go`), and the rehearsal does not.
 */
const GRACE_END_MS = 1_000;

/** The kubelet logs an exit when containerd has told it: measured, 0.1 to 0.4 s after the container's end. */
const LOGGED_MS = 1_000;

/**
 * @returns what differs, in words: what happened in one alone; the order of what happened to a container; the order in which
 *   containers were told to end, and ended; and when.
 */
export function differences(rehearsed: readonly Entry[], real: readonly Entry[], graceMs: number): string[] {
  const [one, other] = [happenings(rehearsed), happenings(real)];
  const only = [...missing(one, other, 'on the cluster'), ...missing(other, one, 'in the rehearsal')];
  if (only.length > 0) return only;
  const isOver = ({ at }: Happening): boolean => at >= graceMs - GRACE_END_MS;
  const containers = new Set(one.map(({ container }) => container));
  // Who is first at the end of the grace period, the kubelet or the agent, is a matter of milliseconds.
  const isRace = (happening: Happening): boolean => happening.type === 'released' && isOver(happening);
  const strands: readonly ((happening: Happening) => boolean)[] = [
    ...[...containers].map(
      name => (happening: Happening) => happening.container === name && !isRace(happening),
    ),
    happening => happening.type === 'signal' && !isOver(happening),
    happening => happening.type === 'exited' && !isOver(happening),
  ];
  const orders = strands.flatMap(isOf => {
    const [first, second] = [namesOf(one.filter(isOf)), namesOf(other.filter(isOf))];
    return first === second ? [] : [`Rehearsed: ${first}; on the cluster: ${second}`];
  });
  const atOther = new Map(other.map(happening => [nameOf(happening), happening.at]));
  const waits = one.flatMap((signal, index) => {
    if (signal.type !== 'signal' || isOver(signal)) return [];
    const at = atOther.get(nameOf(signal)) ?? Number.NaN;
    const exits = one.slice(0, index).filter(({ type }) => type === 'exited');
    const late = exits.filter(exit => !((atOther.get(nameOf(exit)) ?? Number.NaN) <= at + LOGGED_MS));
    return late.map(exit => `On the cluster ${nameOf(signal)} did not wait for ${nameOf(exit)}`);
  });
  const times = one.flatMap(happening => {
    const at = atOther.get(nameOf(happening)) ?? Number.NaN;
    const isSame = Math.abs(at - happening.at) <= TOLERANCE_MS;
    return isSame ? [] : [`${nameOf(happening)}: rehearsed ${happening.at} ms, on the cluster ${at} ms`];
  });
  return [...orders, ...waits, ...times];
}

/** @returns the story, a line for each happening. */
export function storyOf(entries: readonly Entry[]): string {
  return happenings(entries)
    .map(happening => `${String(Math.round(happening.at)).padStart(6)} ms  ${nameOf(happening)}`)
    .join('\n');
}

function missing(one: readonly Happening[], other: readonly Happening[], where: string): string[] {
  const there = new Set(other.map(nameOf));
  return one
    .filter(happening => !there.has(nameOf(happening)))
    .map(happening => `Not ${where}: ${nameOf(happening)}`);
}

function namesOf(some: readonly Happening[]): string {
  return some.map(nameOf).join(', ');
}

function nameOf({ container, what }: Happening): string {
  return `${container} ${what}`;
}

function happenings(entries: readonly Entry[]): readonly Happening[] {
  const deletedAt = entries.find(({ type }) => type === 'deleted')?.at ?? Number.NaN;
  const ending = entries.filter(({ at }) => at >= deletedAt);
  const from = ending.find(({ type }) => type === 'hook-began')?.at ?? Number.NaN;
  return ending.flatMap(entry => {
    const what = whatOf(entry);
    if (what === undefined || !('container' in entry) || entry.container === null) return [];
    return [{ at: entry.at - from, container: entry.container, what, type: entry.type }];
  });
}

function whatOf(entry: Entry): string | undefined {
  switch (entry.type) {
    case 'hook-began':
      return 'hook began';
    case 'hook-ended':
      return `hook ${entry.outcome}`;
    case 'released':
      return `released: ${entry.because}`;
    case 'signal':
      return entry.signal;
    case 'exited':
      return 'exited';
    default:
      return undefined;
  }
}
