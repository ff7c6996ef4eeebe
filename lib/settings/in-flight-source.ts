import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { type PodUrl, parsePodUrl } from './pod-url.ts';
import type { InFlightSource } from './settings.ts';

/** What `parseInFlightSource` accepts. */
export const ACCEPTED_IN_FLIGHT_SOURCES =
  'tcp, connections, http://:9394/metrics#puma_running{index="0"} (Prometheus text), http://:9293/stats#/running (JSON pointer)';

const ACCEPTED = `accepted: ${ACCEPTED_IN_FLIGHT_SOURCES}`;

/** Metric and label names: https://prometheus.io/docs/concepts/data_model/. */
const GAUGE = /^(?<metric>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>.*)\})?$/s;
const LABEL = /\s*(?<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?<value>[^"\\]*(?:\\["\\n][^"\\]*)*)"\s*(?:,|$)/sy;

/** RFC 6901, without the pointer to the whole document. */
const POINTER = /^\/[^~]*(?:~[01][^~]*)*$/;

/** Reads who tells what is in flight: `tcp`, `connections`, or a URL and, after `#`, the gauge there. */
export function parseInFlightSource(text: string): Parsed<InFlightSource> {
  if (text === 'tcp' || text === 'connections') return parsed({ type: text });
  const hash = text.indexOf('#');
  if (hash === -1) {
    const problem = /^https?:/.test(text)
      ? 'names no gauge after "#"'
      : 'is not a source of what is in flight';
    return unparsed(`${quoted(text)} ${problem}; ${ACCEPTED}`);
  }
  const url = parsePodUrl(text.slice(0, hash));
  return url.ok ? parseGauge(url.value, text.slice(hash + 1)) : url;
}

function parseGauge(url: PodUrl, gauge: string): Parsed<InFlightSource> {
  if (POINTER.test(gauge)) return parsed({ type: 'json', url, pointer: gauge });
  const { metric, labels: labelText = '' } = GAUGE.exec(gauge)?.groups ?? {};
  const labels = parseLabels(labelText);
  if (metric === undefined || labels === undefined) {
    return unparsed(`${quoted(gauge)} is neither a metric nor a JSON pointer; ${ACCEPTED}`);
  }
  return parsed({ type: 'prometheus', url, metric, labels });
}

/** @returns the labels of `index="0",pool="a"`, or undefined where the text is anything else. */
function parseLabels(text: string): Readonly<Record<string, string>> | undefined {
  const labels = new Map<string, string>();
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const { name, value } = LABEL.exec(text)?.groups ?? {};
    if (name === undefined || value === undefined || labels.has(name)) return undefined;
    labels.set(
      name,
      value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    );
  }
  return Object.fromEntries(labels);
}
