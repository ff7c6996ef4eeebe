/**
 * The page at `/`: the answer first, then its reasons, then everything else. It is one file that asks nobody for
 * anything; without script it reloads itself. What comes from outside (names, reasons, settings) is escaped by
 * `markup`, and a strict content security policy stands behind that.
 */
import { type Markup, markup } from '../timeline/markup.ts';
import { oneLine, spell } from '../timeline/words.ts';
import { answer, headline } from './answer.ts';
import { containerTable } from './container-table.ts';
import { drainSection } from './drain-section.ts';
import { clock } from './moment.ts';
import { readinessSection } from './readiness-section.ts';
import { SCRIPT } from './script.ts';
import { settingsSection } from './settings-section.ts';
import type { Status } from './status.ts';
import { STYLE } from './style.ts';
import { timelineSection } from './timeline-section.ts';

const REFRESH_SECONDS = 5;
const REFRESH_SECONDS_IN_A_DRAIN = 2;

/** The header that belongs to the page. The hashes are of its one style and its one script, held by a test. */
export const CONTENT_SECURITY_POLICY: string = [
  "default-src 'none'",
  "style-src 'sha256-X9coJ+Qr5Jrkirg+LzpW7rZULRyXW5fjqVxtYqjzOnk='",
  "script-src 'sha256-ER7bAwL7Wl2gjpMV0M5nH2vA4NqBKfbsA1eIZXSpWa4='",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @returns the page, to be sent as `text/html; charset=utf-8` with `CONTENT_SECURITY_POLICY`. */
export function renderPage(status: Status): string {
  const seconds = status.drain.phase === 'serving' ? REFRESH_SECONDS : REFRESH_SECONDS_IN_A_DRAIN;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="${seconds}"></noscript>
<title>${headline(status)}: ${oneLine(status.name, 100)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style></head>
<body><p id="notice" role="status" hidden></p>
${body(status, seconds)}<script>${SCRIPT}</script></body></html>
`.markup;
}

function body(status: Status, seconds: number): Markup {
  const { name, version, now, startedAt, clockAheadMs } = status;
  return markup`<main data-refresh-ms="${seconds * 1000}">
<header><h1>${oneLine(name, 253)}</h1><p class="muted">as of ${clock(now, now)} UTC${jump(clockAheadMs)}</p></header>
${answer(status)}${containerTable(status)}${drainSection(status)}${readinessSection(status)}${timelineSection(status)}${settingsSection(status)}<footer class="muted">podusher ${oneLine(version, 50)}, up ${spell(now - startedAt)}; <a href="/ready?verbose">/ready</a>, <a href="/status">/status</a>, <a href="/metrics">/metrics</a></footer>
</main>
`;
}

/** All times of the page are as if the clock had not been set. */
function jump(aheadMs: number): string {
  if (aheadMs === 0) return '';
  return `; the machine's clock, set meanwhile, is ${spell(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
