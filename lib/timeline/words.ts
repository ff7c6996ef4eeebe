/** Words for people: durations, counts and text from outside. Pure; times in ms. */

/**
 * @returns a duration as one says it: `850 ms`, `2.1 s`, `2 min 5 s`, `3 h 12 min`, `4 d 3 h`. Less than half a
 * millisecond, anything negative (a clock that was set back) and NaN are `0 s`.
 */
export function spell(ms: number): string {
  if (!(ms >= 0.5)) return '0 s';
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(ms / 3_600_000);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** @returns a time relative to another, always with its sign and two decimals: `+5.12 s`, `-0.30 s`. */
export function offset(ms: number): string {
  const hundredths = Math.round(ms / 10);
  return `${hundredths < 0 ? '-' : '+'}${(Math.abs(hundredths) / 100).toFixed(2)} s`;
}

/** @returns `1 request`, `3 requests`, `12,400 requests`. */
export function count(n: number, noun: string): string {
  return `${thousands(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** @returns a whole number with commas, the same on every machine: `12,400`. */
export function thousands(n: number): string {
  return String(n).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** @returns `rails`, `rails and auth`, `rails, auth and web`. */
export function list(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/**
 * Text from outside (an answer's reason, a container's name) made fit for one line of a terminal, a log or a
 * page: control and format characters, which could move the cursor, recolour a terminal or reverse the reading
 * direction, become one space; what is longer than `max` characters ends in `…`.
 */
export function oneLine(text: string, max = 200): string {
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  // Twice `max` UTF-16 units hold at least `max` characters: a body of a megabyte is not spread out.
  const characters = Array.from(clean.slice(0, 2 * max + 2));
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : clean;
}
