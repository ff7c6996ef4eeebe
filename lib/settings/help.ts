import { PUBLISHER } from './publisher-table.ts';
import { flagOf, type Row, variableOf } from './row.ts';
import { AGENT, CONTAINER, POD, TOKEN } from './table.ts';

const INDENT = ' '.repeat(6);
const WIDTH = 100;

/** @returns what `podusher agent --help` prints, from the one table. */
export function agentHelp(): string {
  return `Usage: podusher agent [--FLAG VALUE]...

${wrap(
  'Says when its pod may get traffic (/ready), and sees it out without losing any (/drain). Each flag is also ' +
    'a variable: --drain-min is PODUSHER_DRAIN_MIN. Those of the pod are also annotations: podusher.dev/drain-min. ' +
    'A flag goes before a variable, a variable before an annotation, an annotation before the default.',
  '',
)}

The agent:
${Object.values(AGENT).map(flagHelp).join('\n')}
  ${variableOf(TOKEN)}
${description(TOKEN)}
  --help
${INDENT}Prints this
  --version
${INDENT}Prints the version

The pod (also annotations, podusher.dev/NAME):
${Object.values(POD).map(flagHelp).join('\n')}

One container (annotations only, NAME.podusher.dev/CONTAINER):
${Object.values(CONTAINER).map(annotationHelp).join('\n')}
`;
}

/** @returns what `podusher publisher --help` prints. */
export function publisherHelp(): string {
  return `Usage: podusher publisher [--FLAG VALUE]...

${wrap(
  'Publishes the EndpointSlices of Services that have the annotation podusher.dev/selector (such as app=web) and no ' +
    'selector, by the critical containers of their pods: all but those that a pod lists in podusher.dev/non-critical. ' +
    'Each flag is also a variable: --lease-name is PODUSHER_LEASE_NAME. A flag goes before a variable, a variable ' +
    'before the default. --dry-run needs no value.',
  '',
)}

${Object.values(PUBLISHER).map(flagHelp).join('\n')}
  --help
${INDENT}Prints this
  --version
${INDENT}Prints the version

${wrap(
  'Ends with 0 after SIGTERM or --dry-run; with 1 where --dry-run could not read all; with 2 where it cannot start: ' +
    'a bad flag or variable, no service account, a port that is in use.',
  '',
)}
`;
}

function flagHelp(row: Row<unknown>): string {
  return `  ${flagOf(row)} ${row.kind.placeholder}\n${description(row)}`;
}

function annotationHelp(row: Row<unknown>): string {
  return `  ${row.name}: ${row.kind.placeholder}\n${description(row)}`;
}

function description(row: Row<unknown>): string {
  const values = `Accepted: ${row.kind.accepted}. Default: ${row.defaultText}`;
  return `${wrap(row.help, INDENT)}\n${wrap(values, INDENT)}`;
}

function wrap(text: string, indent: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map(line => indent + line).join('\n');
}
