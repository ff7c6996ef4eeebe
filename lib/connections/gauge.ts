import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import type { InFlightSource } from '../settings/settings.ts';

/** A gauge that tells what is in flight. */
export type GaugeSource = Extract<InFlightSource, { readonly url: unknown }>;

/** Longer answers are not read. */
export const MOST_GAUGE_BYTES: number = 1024 * 1024;

/**
 * Reads one number out of what a gauge's URL answered: how many requests are in flight.
 * @returns a number from 0; a problem for anything else, since unknown is not zero.
 */
export function readGauge(source: GaugeSource, body: string): Parsed<number> {
  if (body.length > MOST_GAUGE_BYTES) return unparsed(`The answer is longer than ${MOST_GAUGE_BYTES} bytes`);
  return source.type === 'json'
    ? readJson(body, source.pointer)
    : readPrometheus(body, source.metric, source.labels);
}

/**
 * The sum of all series of that name that have at least these labels, as a process per worker or a cluster per
 * upstream gives. The text format: https://prometheus.io/docs/instrumenting/exposition_formats/.
 */
function readPrometheus(
  body: string,
  metric: string,
  labels: Readonly<Record<string, string>>,
): Parsed<number> {
  let sum = 0;
  let series = 0;
  for (const line of body.split('\n')) {
    if (!line.startsWith(metric)) continue;
    const read = readSeries(line.slice(metric.length));
    if (
      read === undefined ||
      !Object.entries(labels).every(([name, value]) => read.labels.get(name) === value)
    ) {
      continue;
    }
    const value = inFlight(read.value, `${metric} of`);
    if (!value.ok) return value;
    sum += value.value;
    series++;
  }
  return series > 0 ? parsed(sum) : unparsed(`The answer has no ${quoted(metric)} with the labels asked for`);
}

const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
/** The value, and perhaps a timestamp. */
const VALUE = /\s*(\S+)(?:\s+-?\d+)?\s*$/y;

/** Reads `{index="0"} 3`, or ` 3`: what follows the metric's name. */
function readSeries(text: string): { labels: ReadonlyMap<string, string>; value: string } | undefined {
  const labels = new Map<string, string>();
  let at = 0;
  if (text.startsWith('{')) {
    at = 1;
    for (LABEL.lastIndex = at; ; at = LABEL.lastIndex) {
      const [, name, value] = LABEL.exec(text) ?? [];
      if (name === undefined || value === undefined) break;
      labels.set(
        name,
        value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
      );
    }
    at += /^\s*\}/.exec(text.slice(at))?.[0].length ?? text.length;
  } else if (!/^\s/.test(text)) {
    return undefined;
  }
  VALUE.lastIndex = at;
  const value = VALUE.exec(text)?.[1];
  return value === undefined ? undefined : { labels, value };
}

/** A JSON pointer, RFC 6901. */
function readJson(body: string, pointer: string): Parsed<number> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return unparsed('The answer is not JSON');
  }
  for (const token of pointer.split('/').slice(1)) {
    value = member(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (value === undefined) return unparsed(`The answer has nothing at ${quoted(pointer)}`);
  }
  return typeof value === 'number'
    ? inFlight(String(value), `${pointer} is`)
    : unparsed(`${pointer} is not a number`);
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  if (Array.isArray(value) && !/^\d+$/.test(name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}

/** Numbers as both formats write them. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function inFlight(text: string, what: string): Parsed<number> {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && Number.isFinite(value)
    ? parsed(value)
    : unparsed(`${what} ${quoted(text)}; accepted: a number from 0`);
}
