import { containerKey, podKey } from './annotation-key.ts';
import { PUBLISHER } from './publisher-table.ts';
import { flagOf, type Row, variableOf } from './row.ts';
import { AGENT, CONTAINER, POD, TOKEN } from './table.ts';

/** @returns the README's table of annotations, from the one table. */
export function annotationTable(): string {
  return markdownTable(
    ['annotation', 'meaning', 'value', 'default'],
    [
      ...Object.values(POD).map(row => cells(code(podKey(row)), row)),
      ...Object.values(CONTAINER).map(row => cells(code(containerKey(row, 'CONTAINER')), row)),
    ],
  );
}

/** @returns the README's table of the agent's own flags and variables, from the one table. */
export function flagTable(): string {
  return flags([...Object.values(AGENT).map(flag), ['', ...cells(code(variableOf(TOKEN)), TOKEN)]]);
}

/** @returns the table of the publisher's flags and variables, from its one table. */
export function publisherFlagTable(): string {
  return flags(Object.values(PUBLISHER).map(flag));
}

function flags(rows: readonly (readonly string[])[]): string {
  return markdownTable(['flag', 'variable', 'meaning', 'value', 'default'], rows);
}

function flag(row: Row<unknown>): string[] {
  return [code(flagOf(row)), ...cells(code(variableOf(row)), row)];
}

/** @returns a table in Markdown, whose cells are Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function line(texts: readonly string[]): string {
  return `| ${texts.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`;
}

function cells(name: string, row: Row<unknown>): string[] {
  return [name, withCode(row.help), withCode(row.kind.accepted), withCode(row.defaultText)];
}

/** Marks URLs, JSON, paths and addresses in a phrase. */
function withCode(text: string): string {
  return text.replaceAll(/\S*(?:\/|\{|::)\S*[^\s,;]/g, code);
}

function code(text: string): string {
  return `\`${text}\``;
}
