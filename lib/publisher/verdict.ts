/**
 * Whether a pod serves, by its *critical* containers: all that `podusher.dev/non-critical` does not name.
 *
 * A pod that is Ready serves, as with the built-in controller (`IsPodReady` in `k8s.io/endpointslice/util`). One that is
 * not serves all the same where nothing but non-critical containers keeps it from being Ready: it is never taken out
 * for what leaves a Ready pod in.
 *
 * podusher's own container is always critical. Probes have moved to it, so its `ready` is the verdict on the others:
 * while it is down (it crashed, or is being restarted) nobody knows, and the pod is taken out until it answers again,
 * as its Ready condition would take it out.
 */
import { podKey } from '../settings/annotation-key.ts';
import { POD } from '../settings/table.ts';
import { type Condition, isTrue } from './metadata.ts';

export type Verdict =
  /** Its Ready condition is True. */
  | { readonly type: 'ready' }
  /** It serves unless its node is lost, though these non-critical containers are not ready (`lives`: of the evidence). */
  | { readonly type: 'critical-ready'; readonly despite: readonly string[]; readonly lives: string }
  /** As `critical-ready`, but its node was lost since, and is back: the kubelet may not have told anew of its containers. */
  | { readonly type: 'doubtful'; readonly despite: readonly string[]; readonly lives: string }
  | { readonly type: 'not-ready'; readonly because: string };

/** What a verdict rests on. */
export interface Evidence {
  /** The regular containers and native sidecars: those that Ready depends on (`GenerateContainersReadyCondition`). */
  readonly containers: readonly string[];
  /** What the kubelet calls ready; a container without a status is not. */
  readonly ready: ReadonlySet<string>;
  /** @returns what the kubelet tells of their lives: another text when one was started, ended, or changed its `ready`. */
  readonly lives: () => string;
  /** The types of the conditions that must be True besides. */
  readonly gates: readonly string[];
  readonly conditions: readonly Condition[];
  /** The annotation's text; undefined without one. */
  readonly nonCritical: string | undefined;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** What is wrong with the annotation. */
  readonly problems: readonly string[];
}

export const NON_CRITICAL: string = podKey(POD.nonCritical);
/** One for all pods. */
const READY: Verdict = { type: 'ready' };
/** The agent's name unless its pod says otherwise; under another it is critical as long as nobody names it. */
const AGENT = 'podusher';
/** Room for a hundred names; more is not read. */
const LONGEST = 8192;
/**
 * The kubelet says so ahead of the phase, while containers run and are ready still: their hooks are about to begin
 * (`GenerateContainersReadyCondition` in `pkg/kubelet/status/generate.go`).
 */
const ENDING = new Set(['PodFailed', 'PodCompleted']);

/** @returns the verdict; where the annotation cannot be read, or leaves no container, by the Ready condition alone. */
export function judge(evidence: Evidence): Judgement {
  const { names, problems } = nonCriticalOf(evidence);
  if (isTrue(evidence.conditions, 'Ready')) return { verdict: READY, problems };
  return { verdict: verdictOf(evidence, names), problems };
}

/** @returns whether the pod serves, with its node as it is; undefined is a node that nobody knows. */
export function isServing(verdict: Verdict, node: { readonly isReady: boolean } | undefined): boolean {
  return verdict.type === 'ready' || (verdict.type === 'critical-ready' && node?.isReady === true);
}

/**
 * A node that was lost is ready again: it may have been started anew, and be called ready before its kubelet has told
 * that the containers of before are dead.
 */
export function doubted(verdict: Verdict): Verdict {
  return verdict.type === 'critical-ready' ? { ...verdict, type: 'doubtful' } : verdict;
}

/**
 * @param before the verdict on the pod until now.
 * @param told as it is told again, by whomever: its labels may have changed, or a list was read.
 * @returns `told`, in doubt where `before` was and the kubelet has told nothing new of the containers.
 */
export function doubtedStill(before: Verdict, told: Verdict): Verdict {
  const isNews = before.type !== 'doubtful' || told.type !== 'critical-ready' || before.lives !== told.lives;
  return isNews ? told : doubted(told);
}

/** Nothing else was told for long enough: the network alone was lost. */
export function believed(verdict: Verdict): Verdict {
  return verdict.type === 'doubtful' ? { ...verdict, type: 'critical-ready' } : verdict;
}

function verdictOf(
  { containers, ready, lives, gates, conditions }: Evidence,
  names: ReadonlySet<string>,
): Verdict {
  const reason = conditions.find(({ type }) => type === 'Ready')?.reason ?? '';
  if (ENDING.has(reason)) return { type: 'not-ready', because: `it is ending (${reason})` };
  const unready = containers.filter(name => !ready.has(name));
  const critical = unready.find(name => !names.has(name));
  if (critical !== undefined) return { type: 'not-ready', because: `${critical} is not ready` };
  const gate = gates.find(type => !isTrue(conditions, type));
  if (gate !== undefined) return { type: 'not-ready', because: `its readiness gate ${gate} is not true` };
  // Every container is ready, and yet the pod is not: the node's controller said so, or nobody has said it yet.
  if (unready.length === 0)
    return { type: 'not-ready', because: 'it is not Ready, whatever its containers are' };
  return { type: 'critical-ready', despite: unready, lives: lives() };
}

function nonCriticalOf({ nonCritical, containers }: Evidence): {
  names: ReadonlySet<string>;
  problems: string[];
} {
  if (nonCritical === undefined) return { names: new Set(), problems: [] };
  const problems: string[] = [];
  const problem = (message: string): number => problems.push(`Annotation ${NON_CRITICAL}: ${message}`);
  const read = nonCritical.length <= LONGEST ? POD.nonCritical.kind.parse(nonCritical) : undefined;
  if (read === undefined) problem(`longer than ${LONGEST} characters; the Ready condition holds instead`);
  else if (!read.ok) problem(`${read.problems.slice(0, 3).join('; ')}; the Ready condition holds instead`);
  if (read?.ok !== true) return { names: new Set(), problems };
  const names = new Set(read.value);
  if (names.delete(AGENT)) problem(`"${AGENT}" is the agent itself, which is always critical; leave it out`);
  // No container is left to tell whether it serves: it would be published before anything runs in it.
  if (containers.length > 0 && containers.every(name => names.has(name))) {
    problem('It names every container of the pod; the Ready condition holds instead');
    return { names: new Set(), problems };
  }
  for (const name of names) {
    if (!containers.includes(name)) problem(`The pod has no container "${name}" that readiness depends on`);
  }
  return { names, problems: problems.slice(0, 10) };
}
