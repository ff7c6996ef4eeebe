/** Times for people: how long ago or how long still, with the clock's time for whoever compares logs. */
import { type Markup, markup } from '../timeline/markup.ts';
import { spell } from '../timeline/words.ts';

const LAST_DATE_MS = 8.64e15;

/** @returns `2026-11-21T03:12:07.120Z`; `?` for what no calendar has. */
export function iso(at: number): string {
  return Math.abs(at) <= LAST_DATE_MS ? new Date(at).toISOString() : '?';
}

/** @returns the time of day in UTC, `03:12:07.1`, with the date in front where that is not the day of `now`. */
export function clock(at: number, now: number): string {
  const text = iso(at);
  const [date, time] = [text.slice(0, 10), text.slice(11, 21)];
  return date === iso(now).slice(0, 10) ? time : `${date} ${time}`;
}

/** @returns how long something has been so: `for 2 min 5 s`. */
export function lasting(since: number, now: number): Markup {
  return timed(since, `for ${spell(now - since)}`);
}

/** @returns `2 min 5 s ago`. */
export function ago(at: number, now: number): Markup {
  return timed(at, `${spell(now - at)} ago`);
}

/** @returns how long something may still take: `8.1 s more at most`, or by how much it is overdue. */
export function remaining(until: number, now: number): Markup {
  return timed(
    until,
    until >= now ? `${spell(until - now)} more at most` : `was due ${spell(now - until)} ago`,
  );
}

/** @returns `in 8.1 s` or `3.1 s ago`. */
export function when(at: number, now: number): Markup {
  return at < now ? ago(at, now) : timed(at, `in ${spell(at - now)}`);
}

function timed(at: number, text: string): Markup {
  return markup`<time datetime="${iso(at)}" title="${iso(at)}">${text}</time>`;
}
