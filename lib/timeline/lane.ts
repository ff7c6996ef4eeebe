/** The rows of the picture: a container's life, and the traffic with what was lost of it. */

import { lost } from './describe.ts';
import { group, textWidth } from './labels.ts';
import { type Markup, markup } from './markup.ts';
import { bar, cross, EDGE, LEFT, line, RIGHT, text, textOnLines } from './paint.ts';
import type { Lane, Span, SpanKind } from './spans.ts';
import type { Outage, Traffic, TrafficSpan } from './traffic.ts';
import { offset, oneLine, spell, thousands } from './words.ts';

export const LANE_HEIGHT = 26;
export const TRAFFIC_HEIGHT = 44;

const BAR_HEIGHT = 16;
const NAME_X = 20;
const LONGEST_NAME = 17;
const LABEL_SIZE = 11;

/** What a stretch is called, in its bar and in the legend. */
export const SPAN_NAMES: Readonly<Record<SpanKind, string>> = {
  starting: 'starting',
  serving: 'up',
  'not-ready': 'not ready',
  hook: 'hook held',
  stopping: 'stopping',
  down: 'down',
};

type X = (at: number) => number;

/** @returns a container's row; its top is at y. */
export function drawLane(lane: Lane, y: number, x: X, origin: number): Markup {
  const middle = y + LANE_HEIGHT / 2;
  const name = nameOf(lane.name, middle);
  const bars = lane.spans.map(span => drawSpan(lane.name, span, middle, x, origin));
  const kills = lane.kills.map(at => cross(x(at), middle, 5));
  const end = lane.end === undefined ? undefined : drawEnd(lane.end, middle, x);
  return markup`${name}${line([LEFT, middle], [RIGHT, middle], 'line')}${bars}${kills}${end}`;
}

function nameOf(name: string, middle: number): Markup {
  return markup`<g>${text(NAME_X, middle + 4, oneLine(name, LONGEST_NAME), { bold: true })}<title>${oneLine(name)}</title></g>
`;
}

function drawSpan(name: string, span: Span, middle: number, x: X, origin: number): Markup {
  const [left, right] = [x(span.from), x(span.until)];
  const long = `${SPAN_NAMES[span.kind]} ${spell(span.until - span.from)}`;
  const title = `${oneLine(name, 63)}: ${long}, ${offset(span.from - origin)} to ${offset(span.until - origin)}`;
  const label = [long, SPAN_NAMES[span.kind]].find(
    candidate => textWidth(candidate, LABEL_SIZE) + 8 <= right - left,
  );
  const rect = { x: left, y: middle - BAR_HEIGHT / 2, width: Math.max(1, right - left), height: BAR_HEIGHT };
  return markup`${bar(rect, span.kind, title)}${label === undefined ? undefined : text(left + 5, middle + 4, label, { size: LABEL_SIZE })}`;
}

function drawEnd(end: NonNullable<Lane['end']>, middle: number, x: X): Markup {
  const killed = end.how === 'SIGKILL';
  const style = { size: LABEL_SIZE, bold: killed, colour: killed ? 'bad' : 'muted' } as const;
  return text(x(end.at) + 9, middle + 4, end.how, style);
}

/** @returns the traffic's row: kept connections alone are a lower bar, lost requests are red. */
export function drawTraffic(traffic: Traffic, y: number, x: X, origin: number): Markup {
  const middle = trafficMiddle(y);
  const spans = traffic.spans.map(span => drawTrafficSpan(span, middle, x, origin));
  const outages = traffic.outages.map(outage => drawOutage(outage, middle, x, origin));
  return markup`${nameOf('traffic', middle)}${line([LEFT, middle], [RIGHT, middle], 'line')}${spans}${outages}`;
}

/** @returns how many requests were lost, above where they were; to be drawn last, as marks may cross it. */
export function drawLosses(traffic: Traffic, y: number, x: X): Markup {
  const groups = group(
    traffic.outages,
    members => (x(members[0]?.at ?? 0) + x(members.at(-1)?.untilAt ?? 0)) / 2,
    members => lossLabel(members),
    { size: LABEL_SIZE + 1, left: LEFT, right: EDGE },
  );
  const labelY = trafficMiddle(y) - BAR_HEIGHT / 2 - 5;
  const style = { size: LABEL_SIZE, bold: true, colour: 'bad', anchor: 'middle' } as const;
  return markup`${groups.map(({ x: middle, label }) => textOnLines(middle, labelY, label, style))}`;
}

function trafficMiddle(y: number): number {
  return y + TRAFFIC_HEIGHT - 14;
}

function drawTrafficSpan(span: TrafficSpan, middle: number, x: X, origin: number): Markup {
  const [left, right] = [x(span.from), x(span.until)];
  const height = span.kind === 'all' ? BAR_HEIGHT : BAR_HEIGHT / 2;
  const name = span.kind === 'all' ? 'new and kept connections' : 'kept connections only';
  const title = `${name}, ${offset(span.from - origin)} to ${offset(span.until - origin)}`;
  return bar({ x: left, y: middle - height / 2, width: Math.max(1, right - left), height }, 'traffic', title);
}

function drawOutage(outage: Outage, middle: number, x: X, origin: number): Markup {
  const left = x(outage.at);
  const title = `${lost(outage)}, ${offset(outage.at - origin)} to ${offset(outage.untilAt - origin)}: ${oneLine(outage.reason)}`;
  const width = Math.max(2, x(outage.untilAt) - left);
  return bar({ x: left, y: middle - BAR_HEIGHT / 2, width, height: BAR_HEIGHT }, 'bad', title);
}

function lossLabel(outages: readonly Outage[]): string {
  const failed = outages.reduce((sum, outage) => sum + outage.failed, 0);
  const cut = outages.reduce((sum, outage) => sum + outage.cut, 0);
  return [failed > 0 ? `${thousands(failed)} failed` : '', cut > 0 ? `${thousands(cut)} cut` : '']
    .filter(Boolean)
    .join(', ');
}
