/** Why a pod is not Ready: what each container that is asked for lacks, in a phrase. */
import type { Container, ProbeKind } from './pod.ts';
import { letsOthersStart } from './starting.ts';
import type { ContainerState, Live, State } from './state.ts';
import { counts, isLive } from './state.ts';

/** A container without which the pod is not Ready. */
export interface NotReady {
  readonly container: string;
  /** `its readiness probe fails: HTTP 503 from http://127.0.0.1:3000/healthz`. */
  readonly reason: string;
}

/** @returns the containers that keep the pod from being Ready, in the pod's order; none when it is. */
export function notReady(state: State): NotReady[] {
  return state.pod.containers.flatMap(container => {
    const own = stateOf(state, container);
    if (!counts(container) || (isLive(own) && own.ready)) return [];
    return [{ container: container.name, reason: whyNot(state, container, own) }];
  });
}

function whyNot(state: State, container: Container, own: ContainerState): string {
  switch (own.phase) {
    case 'waiting':
      return waitingFor(state, container);
    case 'back-off':
      return `it ${howItExited(own)}, and is to start again`;
    case 'ended':
      return 'it has ended';
    default:
      return own.started ? whyProbed(container, own, 'readiness') : whyProbed(container, own, 'startup');
  }
}

/** It has not started, for one before it has not: `spec.initContainers` start one after the other. */
function waitingFor(state: State, container: Container): string {
  const before = state.pod.containers.slice(0, state.pod.containers.indexOf(container));
  const holder = before.find(one => !letsOthersStart(one, stateOf(state, one)));
  if (holder === undefined) return 'it has not started yet';
  const own = stateOf(state, holder);
  if (own.phase === 'back-off') return `it waits for ${holder.name}, which ${howItExited(own)}`;
  if (holder.kind === 'init') return `it waits for ${holder.name}, which has not ended`;
  return `it waits for ${holder.name}: ${whyNot(state, holder, own)}`;
}

function howItExited({ code, signal }: Extract<ContainerState, { phase: 'back-off' }>): string {
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

function whyProbed({ probes }: Container, live: Live, kind: ProbeKind): string {
  const [probe, state] = [probes[kind], live.probes[kind]];
  if (probe === undefined || state?.last === undefined) return `its ${kind} probe has no result yet`;
  if (!state.last) return `its ${kind} probe fails: ${state.reason}`;
  return `its ${kind} probe has succeeded ${state.streak} of ${probe.successThreshold} times`;
}

function stateOf({ containers }: State, { name }: Container): ContainerState {
  return containers.get(name) ?? { phase: 'waiting', run: 0 };
}
