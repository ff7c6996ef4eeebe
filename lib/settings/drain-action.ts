import { type Parsed, parsed, unparsed } from '../parsed.ts';
import { quoted } from '../quoted.ts';
import { parsePodUrl } from './pod-url.ts';
import type { DrainAction } from './settings.ts';

/** What `parseDrainAction` accepts. */
export const ACCEPTED_DRAIN_ACTIONS =
  'GET, POST or PUT and a URL, as in POST http://:15000/healthcheck/fail, where the empty host is the pod itself';

/** Reads the request of a drain action: `POST http://:15000/healthcheck/fail`. */
export function parseDrainAction(text: string): Parsed<DrainAction> {
  const [method = '', url = '', ...rest] = text.trim().split(/\s+/);
  if (rest.length > 0 || (method !== 'GET' && method !== 'POST' && method !== 'PUT')) {
    return unparsed(`${quoted(text)} is not a request; accepted: ${ACCEPTED_DRAIN_ACTIONS}`);
  }
  const target = parsePodUrl(url);
  return target.ok ? parsed({ method, url: target.value }) : target;
}
