/** The pod's containers, a row each; on a narrow screen each row becomes a card, by the cells' labels. */
import { describeInFlight } from '../timeline/describe.ts';
import { type Markup, markup } from '../timeline/markup.ts';
import { list, oneLine } from '../timeline/words.ts';
import { ago, lasting, remaining } from './moment.ts';
import type { Status, StatusContainer } from './status.ts';

const KINDS = {
  regular: '',
  'native-sidecar-before-agent': 'native sidecar, outlives the agent',
  'native-sidecar-after-agent': 'native sidecar',
} as const satisfies Readonly<Record<StatusContainer['kind'], string>>;

/** How a container is known to have stopped, where the drain has but a word for it. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['seen', 'nothing of it is left to be seen'],
  ['assumed', 'taken as stopped: its stop-timeout is over'],
  ['time', 'taken as stopped: its time is up'],
]);

/** @returns the section with all containers but the agent's own. */
export function containerTable({ containers, now }: Status): Markup {
  if (containers.length === 0) {
    return markup`<section><h2>Containers</h2><p class="muted">No setting names a container.</p></section>
`;
  }
  return markup`<section><h2>Containers</h2><table class="cards"><thead><tr><th>Container</th><th>Readiness</th><th>In flight</th><th>Shutdown</th><th>Ports</th><th>Depends on</th></tr></thead><tbody>
${containers.map(container => row(container, now))}</tbody></table></section>
`;
}

function row(container: StatusContainer, now: number): Markup {
  const traits = [container.critical ? 'critical' : 'non-critical', KINDS[container.kind]]
    .filter(Boolean)
    .join(', ');
  const { inFlight, ports, dependsOn } = container;
  return markup`<tr><th scope="row">${oneLine(container.name, 63)}<small>${traits}</small></th>
<td data-label="Readiness">${verdictCell(container, now)}</td>
<td data-label="In flight">${inFlight === null ? 'not measured' : describeInFlight(inFlight, now)}${connections(inFlight)}</td>
<td data-label="Shutdown">${shutdownCell(container, now)}</td>
<td data-label="Ports">${ports.length === 0 ? 'none known' : ports.join(', ')}</td>
<td data-label="Depends on">${dependsOn.length === 0 ? 'nothing' : list(dependsOn.map(name => oneLine(name, 63)))}</td></tr>
`;
}

function verdictCell({ verdict, critical }: StatusContainer, now: number): Markup {
  const blocks = verdict.type === 'failed' || verdict.type === 'pending';
  const tone = blocks && critical ? 'bad' : verdict.type === 'ready' ? 'good' : 'muted';
  const aside = blocks && !critical ? '; non-critical, so it does not block' : '';
  return markup`<div><strong class="${tone}">${verdict.type}</strong> ${lasting(verdict.since, now)}${aside}<small>${oneLine(verdict.reason, 300)}</small></div>`;
}

function shutdownCell({ shutdown }: StatusContainer, now: number): Markup {
  const { state, since, releaseBy, because } = shutdown;
  const aside = [
    because === null ? undefined : markup`${REASONS.get(because) ?? oneLine(because, 200)}`,
    releaseBy === null ? undefined : markup`to be released: ${remaining(releaseBy, now)}`,
  ].filter(part => part !== undefined);
  const small = aside.map(part => markup`<small>${part}</small>`);
  const held = state === 'hook waiting' ? lasting : ago;
  return markup`<div><strong>${state}</strong> ${since === null ? undefined : held(since, now)}${small}</div>`;
}

function connections(inFlight: StatusContainer['inFlight']): Markup | undefined {
  if (inFlight === null) return undefined;
  return markup`<small>${inFlight.connections} open</small>`;
}
