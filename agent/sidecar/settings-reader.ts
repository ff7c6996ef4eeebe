import { isDeepStrictEqual } from 'node:util';
import { unparsed } from '../../lib/parsed.ts';
import { ourAnnotations } from '../../lib/settings/annotation-key.ts';
import { fingerprint } from '../../lib/settings/fingerprint.ts';
import type { Inputs } from '../../lib/settings/layers.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings, type SettingsReading } from '../../lib/settings/read-settings.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { NO_FILE, type Podinfo, readPodinfo, watchPodinfo } from './podinfo.ts';

/**
 * The last good settings, and what is wrong with the annotations as they stand. Whether they are in force is for
 * `adoption.ts` to say: at once, or after the drain that goes on.
 */
export interface KnownSettings {
  /** Undefined while the annotations have been bad from the start. */
  readonly settings: Settings | undefined;
  /** How long to hold a hook that cannot be placed. */
  readonly drainMinMs: number;
  /** Of our annotations in effect; null where there are none in effect, or no file. */
  readonly hash: string | null;
  /** Whether there was a file when they were read. */
  readonly isFileThere: boolean;
  /** When they were read, in ms since the epoch. */
  readonly appliedAt: number;
  readonly problems: readonly string[];
  /** The pod's spec that they were read with, where the API told it. */
  readonly spec: Inputs['spec'];
}

/** Everything that was read at the start. */
export interface FirstReading {
  readonly known: KnownSettings;
  readonly reading: SettingsReading;
}

/** Where settings come from. */
export interface SettingsSource extends Omit<Inputs, 'annotations' | 'spec'> {
  readonly file: { readonly path: string; readonly required: boolean };
  readonly now: () => number;
}

/** Reads the settings again whenever they may have changed. */
export interface SettingsFollower {
  /** What they are made of may have changed. */
  reread(): void;
  close(): void;
}

/** Reads all settings for the first time. */
export async function readFirst(source: SettingsSource): Promise<FirstReading> {
  const podinfo = await readPodinfo(source.file.path, source.file.required);
  const { reading, problems, hash } = read(source, podinfo, undefined);
  const isGood = problems.length === 0;
  const known: KnownSettings = {
    settings: isGood ? reading.settings : undefined,
    drainMinMs: reading.drainMinMs,
    hash: isGood ? hash : null,
    isFileThere: isThere(podinfo),
    appliedAt: source.now(),
    problems,
    spec: undefined,
  };
  return { known, reading };
}

/**
 * Follows the annotations file: a good edit takes effect, a bad one changes nothing but `problems`.
 *
 * @param spec the pod's spec as the API tells it now
 * @param changed called after each reading that changed something, with what is to be in force
 */
export function followSettings(
  source: SettingsSource,
  first: KnownSettings,
  spec: () => Inputs['spec'],
  changed: (latest: KnownSettings) => void,
): SettingsFollower {
  let latest = first;
  let holdsSome = first.hash !== null || first.problems.length > 0;
  let isReading = false;
  let isStale = false;
  /** What the last reading was made of: the same again, as at most polls, tells nothing new. */
  let made: { readonly podinfo: Podinfo; readonly spec: Inputs['spec'] } | undefined;

  async function reload(): Promise<void> {
    isStale = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isStale) {
        isStale = false;
        const podinfo = await readAgain(source, latest, holdsSome);
        holdsSome ||= !podinfo.ok || podinfo.value.size > 0;
        const from = { podinfo, spec: spec() };
        if (isDeepStrictEqual(from, made)) continue;
        made = from;
        const next = after(source, latest, podinfo, from.spec);
        if (next === latest) continue;
        latest = next;
        changed(latest);
      }
    } finally {
      isReading = false;
    }
  }

  const reread = (): void => void reload();
  return { reread, close: watchPodinfo(source.file.path, reread) };
}

/**
 * A file that was there and is not now says nothing of the annotations. Nor does one that is empty now: the kubelet
 * writes annotations of its own into each (`kubernetes.io/config.source`, `pkg/kubelet/config`), and swaps it whole, so
 * this is an editor's file half-way.
 */
async function readAgain(
  { file }: SettingsSource,
  { hash }: KnownSettings,
  holdsSome: boolean,
): Promise<Podinfo> {
  const podinfo = await readPodinfo(file.path, file.required || hash !== null);
  const isEmptied = holdsSome && podinfo.ok && podinfo.value.size === 0;
  return isEmptied ? unparsed('Is empty, and was not before; accepted: KEY="VALUE" on each line') : podinfo;
}

function after(
  source: SettingsSource,
  before: KnownSettings,
  podinfo: Podinfo,
  spec: Inputs['spec'],
): KnownSettings {
  const { reading, problems, hash } = read(source, podinfo, spec);
  if (problems.length > 0 || reading.settings === undefined) {
    const isTold = problems.join('\n') === before.problems.join('\n');
    return isTold ? before : { ...before, problems };
  }
  const isFileThere = isThere(podinfo);
  const isSame =
    hash === before.hash &&
    isFileThere === before.isFileThere &&
    spec === before.spec &&
    before.problems.length === 0;
  if (isSame) return before;
  const { settings, drainMinMs } = reading;
  return { settings, drainMinMs, hash, isFileThere, appliedAt: source.now(), problems, spec };
}

function isThere(podinfo: Podinfo): boolean {
  return !podinfo.ok || podinfo.value !== NO_FILE;
}

function read(
  source: SettingsSource,
  podinfo: Podinfo,
  spec: Inputs['spec'],
): { reading: SettingsReading; problems: string[]; hash: string | null } {
  const annotations = podinfo.ok ? podinfo.value : new Map<string, string>();
  const reading = readSettings({ ...source, annotations, spec });
  const file = podinfo.ok
    ? []
    : podinfo.problems.map(message => ({ source: `annotations file ${source.file.path}`, message }));
  const problems = [...file, ...(podinfo.ok ? reading.annotationProblems : [])].map(formatProblem);
  const ours = ourAnnotations(annotations);
  const hash = ours === '' ? null : fingerprint(ours);
  return { reading, problems, hash };
}
