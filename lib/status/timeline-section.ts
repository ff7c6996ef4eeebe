/** What happened: the shutdown as a picture while there is one, and every line, the newest on top. */
import { containerOf, lineOf } from '../timeline/describe.ts';
import type { Entry } from '../timeline/entry.ts';
import { type Markup, markup } from '../timeline/markup.ts';
import { drawPicture } from '../timeline/svg.ts';
import { toneOf } from '../timeline/tone.ts';
import { offset } from '../timeline/words.ts';
import { clock, iso } from './moment.ts';
import type { Status } from './status.ts';

/** @returns the section with the picture and the lines. */
export function timelineSection(status: Status): Markup {
  const { timeline, drain, now } = status;
  if (timeline.length === 0) {
    return markup`<section><h2>Timeline</h2><p class="muted">Nothing has happened yet.</p></section>
`;
  }
  const lines = timeline.toReversed().map(entry => line(entry, drain.since ?? Infinity, now));
  return markup`<section><h2>Timeline</h2>${picture(status)}
<table class="lines"><caption>Newest first (UTC)</caption><tbody>
${lines}</tbody></table></section>
`;
}

function line(entry: Entry, drainSince: number, now: number): Markup {
  const relative = entry.at >= drainSince ? offset(entry.at - drainSince) : '';
  return markup`<tr class="${toneOf(entry)}"><td><time datetime="${iso(entry.at)}">${clock(entry.at, now)}</time></td><td>${relative}</td><td>${containerOf(entry) ?? ''}</td><td>${lineOf(entry)}</td></tr>
`;
}

/** The current shutdown alone: what was before it would flatten the scale. The agent's own lane comes last. */
function picture({ timeline, drain, containers, now }: Status): Markup | undefined {
  if (drain.phase === 'serving' || drain.since === null) return undefined;
  const since = drain.since;
  const entries = timeline.filter(entry => entry.at >= since);
  const known = containers.map(container => container.name);
  const named = entries.flatMap(entry =>
    'container' in entry && entry.container !== null ? [entry.container] : [],
  );
  const { endAt } = drain.deadlines;
  const run = {
    title: drain.kind === 'restart' ? 'This restart' : 'This shutdown',
    entries,
    containers: [...new Set([...known, ...named])],
    now,
    ...(endAt === null ? {} : { graceEndsAt: endAt }),
  };
  return markup`<div class="picture" tabindex="0">${drawPicture([run])}</div>`;
}
