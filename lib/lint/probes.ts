import type { Container } from '../kubelet/pod.ts';
import { containerKey } from '../settings/annotation-key.ts';
import { CONTAINER, POD } from '../settings/table.ts';
import { placeOf } from './place.ts';
import type { Mismatch, Subject } from './subject.ts';

/** The pod is Ready when podusher says so, within a second: one period, one failure. */
export function agentProbe(subject: Subject): Mismatch[] {
  const { agent, own } = subject;
  const where = placeOf(subject, agent, 'readinessProbe');
  const probe = agent.probes.readiness;
  const accepted = `httpGet, path /ready, port ${own.port}`;
  if (probe?.action.type !== 'httpGet') {
    const what = probe === undefined ? 'is missing' : 'does not ask podusher';
    const message = `${what}, so the pod is Ready whatever podusher knows; accepted: ${accepted}, every second`;
    return [{ where, message }];
  }
  const found: Mismatch[] = [];
  const { port, path } = probe.action;
  if (port !== own.port) {
    found.push({
      where: `${where}.httpGet.port`,
      message: `${port} is not podusher's port; accepted: ${own.port}`,
    });
  }
  if (!/^\/?readyz?(\?|$)/u.test(path)) {
    const message = `${JSON.stringify(path)} does not tell the pod's readiness; accepted: /ready`;
    found.push({ where: `${where}.httpGet.path`, message });
  }
  for (const field of ['periodSeconds', 'failureThreshold'] as const) {
    if (probe[field] === 1) continue;
    const message = `is ${probe[field]}, so a verdict reaches the Service late; accepted: 1`;
    found.push({ where: `${where}.${field}`, message });
  }
  return found;
}

/** The kubelet asks that every container be ready: a probe that stays on one has its say past podusher. */
export function ownProbes(subject: Subject): Mismatch[] {
  const { others, reader } = subject;
  const nonCritical = reader.pod(POD.nonCritical);
  return others.flatMap(container => {
    const { name, probes } = container;
    if (probes.readiness === undefined) return [];
    const key = containerKey(CONTAINER.probe, name);
    const where = placeOf(subject, container, 'readinessProbe');
    if (reader.container(CONTAINER.probe, name) !== undefined) {
      return [{ where, message: `is there beside the annotation ${key}; accepted: the annotation alone` }];
    }
    if (!nonCritical.includes(name)) return unseen(subject, container).map(message => ({ where, message }));
    const message = `makes the pod NotReady, though ${name} is non-critical; accepted: the annotation ${key} instead`;
    return [{ where, message }];
  });
}

/**
 * A critical container may keep its own probe; an exec one can only stay. But a probe that is moved tells podusher the
 * container's ports as well: where it stays, the API or an annotation must.
 *
 * @returns the mismatch, or nothing
 */
function unseen({ own, reader }: Subject, { name, probes, ports }: Container): string[] {
  const isExec = probes.readiness?.action.type === 'exec';
  const isTold = own.api !== undefined || reader.container(CONTAINER.ports, name) !== undefined;
  if (isTold || (isExec && ports.length === 0)) return [];
  const what = `stays on the container, and podusher knows no port of ${name}, so it cannot measure what is in flight in it`;
  const beside = `the annotation ${containerKey(CONTAINER.ports, name)} beside it`;
  const instead = `the annotation ${containerKey(CONTAINER.probe, name)} instead`;
  return [`${what}; accepted: ${isExec ? beside : `${instead}, or ${beside}`}`];
}
