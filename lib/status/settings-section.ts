/** Which settings are in effect, since when, and what is wrong with those that are not. */
import { formatDuration } from '../settings/duration.ts';
import { type Markup, markup } from '../timeline/markup.ts';
import { count, oneLine } from '../timeline/words.ts';
import { ago, clock } from './moment.ts';
import type { SettingsInEffect, Status, StatusApi, StatusSource } from './status.ts';

const DURATIONS: readonly (readonly [Exclude<keyof SettingsInEffect, 'readyDuringDrain'>, string])[] = [
  ['gracePeriodMs', 'grace-period'],
  ['drainMinMs', 'drain-min'],
  ['drainSilenceMaxMs', 'drain-silence-max'],
  ['drainArrivalsMaxMs', 'drain-arrivals-max'],
  ['drainKeptMaxMs', 'drain-kept-max'],
  ['drainDoubtMs', 'drain-doubt'],
  ['drainMaxMs', 'drain-max'],
  ['restartDrainMaxMs', 'restart-drain-max'],
];

/** @returns the section that answers "was my change applied?". */
export function settingsSection({ settings, sources, api, now }: Status): Markup {
  const { hash, appliedAt, annotationsFile, problems, values } = settings;
  const wrong = problems.map(
    problem => markup`<li>${oneLine(problem, 1000)}</li>
`,
  );
  return markup`<section id="settings"><h2>Settings</h2>
${
  wrong.length === 0
    ? undefined
    : markup`<p><strong class="bad">The annotations as they stand are not in effect:</strong></p><ul class="problems">
${wrong}</ul>`
}<dl>
${fact('In effect since', markup`${clock(appliedAt, now)} UTC, ${ago(appliedAt, now)}`)}${fact('Hash', hash === null ? 'none' : oneLine(hash))}${fact('Annotations from', annotationsFile === null ? 'no file: flags, variables and defaults only' : oneLine(annotationsFile))}</dl>
${values === null ? undefined : inEffect(values)}<dl>
${fact('Sockets read by', source(sources.sockets))}${fact('New connections told by', source(sources.arrivals))}${fact('Kubernetes API', apiWords(api, now))}</dl></section>
`;
}

function inEffect(values: SettingsInEffect): Markup {
  const durations = DURATIONS.map(([key, name]) => fact(name, formatDuration(values[key])));
  return markup`<dl class="columns">
${durations}${fact('ready-during-drain', String(values.readyDuringDrain))}</dl>
`;
}

function source({ used, because }: StatusSource): string {
  return because === null ? oneLine(used) : `${oneLine(used)}: ${oneLine(because)}`;
}

/** What is known by the API is as old as its last word. */
function apiWords(api: StatusApi | null, now: number): string | Markup {
  if (api === null) return 'not asked';
  const { state, because, heardAt } = api.watch;
  const { written, refused, dropped } = api.events;
  const why = because === null ? '' : `, because ${oneLine(because)}`;
  const heard = heardAt === null ? 'never heard' : markup`last heard ${ago(heardAt, now)}`;
  return markup`${state}${why}; ${heard}; ${count(written, 'Event')} written, ${refused + dropped} not`;
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>
`;
}
