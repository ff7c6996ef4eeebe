import { formatMap } from '../kubelet/field-ref.ts';
import { quoted } from '../quoted.ts';
import { ourAnnotations } from '../settings/annotation-key.ts';
import { formatDuration } from '../settings/duration.ts';
import { readSettings } from '../settings/read-settings.ts';
import { flagOf } from '../settings/row.ts';
import { AGENT, POD } from '../settings/table.ts';
import { didYouMean } from '../suggest.ts';
import { placeOf, placeOfSetting, placeOfSource } from './place.ts';
import type { Mismatch, Subject } from './subject.ts';

/** podusher's container has the name that podusher answers to. */
export function ownName(subject: Subject): Mismatch[] {
  const { agent, own } = subject;
  if (agent.name === own.name) return [];
  const message = `podusher takes itself for ${quoted(own.name)}`;
  const accepted = `accepted: that name, or ${flagOf(AGENT.name)}=${agent.name}`;
  return [{ where: placeOf(subject, agent, 'name'), message: `${message}; ${accepted}` }];
}

/** A volume of the downward API brings the annotations to where podusher reads them. */
export function podinfo(subject: Subject): Mismatch[] {
  const { agent, own, pod, inputs } = subject;
  if (ourAnnotations(inputs.annotations) === '') return [];
  const { path } = own.annotationsFile;
  const text = formatMap(pod.annotations);
  const isBrought = agent.mounts.some(mount => {
    const files = pod.volumes.find(({ name }) => name === mount.volume)?.files ?? [];
    const folder = mount.path.replace(/\/+$/u, '');
    return files.some(file => `${folder}/${file.path}` === path && file.text === text);
  });
  if (isBrought) return [];
  const message = `brings no annotations to ${quoted(path)}`;
  const accepted = 'accepted: a downwardAPI volume with the item metadata.annotations';
  return [{ where: placeOf(subject, agent, 'volumeMounts'), message: `${message}; ${accepted}` }];
}

/** What the agent itself would say of them. */
export function problems(subject: Subject): Mismatch[] {
  return readSettings(subject.inputs).annotationProblems.map(({ source, message }) => ({
    where: placeOfSource(subject, source),
    message,
  }));
}

/** The downward API does not tell it, so it is written twice. */
export function gracePeriod(subject: Subject): Mismatch[] {
  const row = POD.gracePeriodMs;
  const { gracePeriodMs } = subject.pod;
  const knownMs = subject.reader.pod(row);
  if (subject.reader.isBad(row) || knownMs === gracePeriodMs) return [];
  const [known, actual] = [formatDuration(knownMs), formatDuration(gracePeriodMs)];
  const less = knownMs < gracePeriodMs ? ", or less where a node's shutdown has less" : '';
  const message = `${known} is not terminationGracePeriodSeconds, ${actual}; accepted: ${actual}${less}`;
  return [{ where: placeOfSetting(subject, row), message }];
}

/** Every container is named where all are, and no name is of none. */
export function containers(subject: Subject): Mismatch[] {
  const { others, reader, inputs } = subject;
  const names = others.map(({ name }) => name);
  const listed = reader.pod(POD.containers);
  const missing = listed === undefined ? [] : names.filter(name => !listed.includes(name));
  const named = listed ?? readSettings(inputs).settings?.containers.map(({ name }) => name) ?? [];
  const strange = named.filter(name => !names.includes(name));
  const messages = [
    ...missing.map(name => `${quoted(name)} is left out`),
    ...strange.map(name => `${quoted(name)} is none of the pod's other containers${didYouMean(name, names)}`),
  ];
  const where =
    listed === undefined ? placeOfSource(subject, 'annotations') : placeOfSetting(subject, POD.containers);
  return messages.map(message => ({ where, message: `${message}; accepted: ${names.join(',') || 'none'}` }));
}

/** The kubelet stops them in order, after the others. */
export function nativeSidecars(subject: Subject): Mismatch[] {
  const { reader, pod } = subject;
  const told = reader.pod(POD.nativeSidecars).join(',');
  const native = pod.containers.filter(({ kind }) => kind === 'native-sidecar');
  const actual = native.map(({ name }) => name).join(',');
  if (reader.isBad(POD.nativeSidecars) || told === actual) return [];
  const what = told === '' ? 'is missing' : `${quoted(told)} is not what initContainers has`;
  const message = `${what}; accepted: ${actual === '' ? 'no such annotation' : actual}`;
  return [{ where: placeOfSetting(subject, POD.nativeSidecars), message }];
}
