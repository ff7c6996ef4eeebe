import { type Markup, markup } from '../timeline/markup.ts';

/**
 * Refreshes without a flash, and keeps the last state on the screen when the agent no longer answers: a reload
 * would replace it by the browser's error page just when it matters. It waits while text is selected, to be copied.
 */
export const SCRIPT: Markup = markup`
const notice = document.getElementById('notice');
const shown = () => document.querySelector('main');
const say = text => { notice.textContent = text; notice.hidden = text === ''; };
let answeredAt = new Date();
async function refresh() {
  if (getSelection().type === 'Range') return say('Not refreshed while text is selected.');
  try {
    const answer = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(4000) });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const left = document.querySelector('.picture')?.scrollLeft ?? 0;
    shown().replaceWith(page.querySelector('main'));
    document.querySelector('.picture')?.scrollTo(left, 0);
    document.title = page.title;
    answeredAt = new Date();
    say('');
  } catch {
    say('The agent has not answered since ' + answeredAt.toISOString().slice(11, 19) + ' UTC. Below is the last that it said.');
  }
}
async function run() {
  await refresh();
  setTimeout(run, Number(shown().dataset.refreshMs));
}
setTimeout(run, Number(shown().dataset.refreshMs));
`;
