/** When the pod became ready or not ready, and because of whom. */
import { type Markup, markup } from '../timeline/markup.ts';
import { list, oneLine } from '../timeline/words.ts';
import { ago, clock, iso } from './moment.ts';
import type { Status } from './status.ts';

/** As many as a screen holds; `/status` has more. */
const MOST_ROWS = 10;

/** @returns the section with the last changes, the newest on top; nothing before the first. */
export function readinessSection({ readinessChanges, now }: Status): Markup | undefined {
  if (readinessChanges.length === 0) return undefined;
  const rows = readinessChanges
    .slice(-MOST_ROWS)
    .toReversed()
    .map(({ at, ready, because }) => {
      const reasons = because.length === 0 ? 'nothing blocked' : list(because.map(one => oneLine(one, 300)));
      return markup`<tr class="${ready ? 'good' : 'bad'}"><td><time datetime="${iso(at)}">${clock(at, now)}</time></td><td>${ago(at, now)}</td><td>${ready ? 'READY' : 'NOT READY'}</td><td>${reasons}</td></tr>
`;
    });
  return markup`<section><h2>Readiness</h2>
<table class="lines"><caption>Last changes, newest first (UTC)</caption><tbody>
${rows}</tbody></table></section>
`;
}
