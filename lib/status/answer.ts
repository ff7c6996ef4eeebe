/** The top of the page: is the pod ready, and if not, why; is it going, and if so, what does it wait for. */
import { type Markup, markup } from '../timeline/markup.ts';
import { count, oneLine } from '../timeline/words.ts';
import { lossesOf } from './losses.ts';
import { ago, lasting, remaining } from './moment.ts';
import type { Status } from './status.ts';

/** @returns the answer in two or three words, for the page's first line and the browser's tab. */
export function headline({ ready, drain }: Status): string {
  const word = ready ? 'READY' : 'NOT READY';
  return drain.phase === 'serving' ? word : `${drain.phase.toUpperCase()}, ${word}`;
}

/** @returns the readiness, the drain where there is one, and a warning where the annotations are wrong. */
export function answer(status: Status): Markup {
  return markup`${readiness(status)}${status.drain.phase === 'serving' ? undefined : shutdown(status)}${problems(status)}`;
}

function readiness({ ready, blockers, containers, drain, now }: Status): Markup {
  if (ready) {
    const critical = containers.filter(container => container.critical).length;
    return markup`<section class="answer good"><h2>READY</h2><p>${count(critical, 'critical container')}, none of which blocks.${drain.kind === 'termination' ? ' The deletion itself takes the pod out of its Services.' : ''}</p></section>
`;
  }
  const reasons = blockers.map(
    ({
      reason,
      since,
      isNormal,
    }) => markup`<li><strong>${oneLine(reason, 500)}</strong>, ${lasting(since, now)}${isNormal ? '; a normal termination, no fault' : ''}</li>
`,
  );
  const none = markup`<li><strong>No reason is known yet</strong>: no verdict has come in.</li>`;
  const isNormal = blockers.length > 0 && blockers.every(blocker => blocker.isNormal);
  return markup`<section class="answer ${isNormal ? 'turn' : 'bad'}"><h2>NOT READY</h2><ul>
${reasons.length === 0 ? none : reasons}</ul></section>
`;
}

function shutdown(status: Status): Markup {
  const {
    drain: { phase, kind, since, waitsFor },
    now,
  } = status;
  const waits = waitsFor.map(
    ({
      what,
      untilAt,
    }) => markup`<li>Waits for <strong>${oneLine(what, 500)}</strong>: ${remaining(untilAt, now)}</li>
`,
  );
  const losses = lossesOf(status).map(
    loss => markup`<li class="loss">${loss}</li>
`,
  );
  const began = since === null ? undefined : markup`; this began ${ago(since, now)}`;
  const nothing = waits.length === 0 ? markup`<li>Waits for nothing.</li>` : undefined;
  return markup`<section class="answer turn"><h2>${phase.toUpperCase()}</h2><p>${kindWords(kind)}${began}</p><ul>
${waits}${nothing}${losses}</ul></section>
`;
}

function kindWords(kind: Status['drain']['kind']): string {
  if (kind === null) return 'A restart or a termination: not known yet';
  return kind === 'restart' ? 'A restart of single containers; the pod stays' : 'The pod terminates';
}

function problems({ settings }: Status): Markup | undefined {
  if (settings.problems.length === 0) return undefined;
  return markup`<section class="answer bad"><h2>BAD SETTINGS</h2><p><a href="#settings">${count(settings.problems.length, 'problem')} in the annotations</a>: they are not in effect.</p></section>
`;
}
