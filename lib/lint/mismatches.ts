/**
 * What of a manifest with podusher in it does not fit together: each part is valid for itself, so neither the API
 * server nor the agent refuses it, and it fails when the pod stops. Told before it does.
 */
import type { Manifest } from '../kubelet/manifest.ts';
import * as annotations from './annotations.ts';
import { hooks } from './hooks.ts';
import * as probes from './probes.ts';
import { type AgentContainer, createSubject, type Mismatch, type Subject } from './subject.ts';

/** Every check, by what holds where it finds nothing. */
export const CHECKS: Readonly<Record<string, (subject: Subject) => readonly Mismatch[]>> = {
  'podusher is called by its own name': annotations.ownName,
  'the annotations reach podusher': annotations.podinfo,
  'the annotations have no problem': annotations.problems,
  'every container calls podusher before it stops, as itself': hooks,
  'podusher knows the grace period': annotations.gracePeriod,
  'podusher knows the containers': annotations.containers,
  'podusher knows the native sidecars, in order': annotations.nativeSidecars,
  "the pod's readiness is podusher's, every second": probes.agentProbe,
  'no container keeps a readiness probe that is to be moved': probes.ownProbes,
};

/** @returns everything that does not fit, in the order of the checks; nothing where the agent is not in the pod. */
export function findMismatches(manifest: Manifest, agent: AgentContainer): Mismatch[] {
  const subject = createSubject(manifest, agent);
  return subject === undefined ? [] : Object.values(CHECKS).flatMap(check => check(subject));
}
