/**
 * Writes what is generated from the code into the repository: tables between markers of README.md, and JSON Schemas.
 *
 *     node test/docs/generate.ts           writes them (`npm run fix`)
 *     node test/docs/generate.ts --check   fails where one is not as the code has it (`npm run check`)
 */
import { readFile, writeFile } from 'node:fs/promises';
import { PUBLISHER_METRICS } from '../../lib/metrics/publisher-table.ts';
import { METRICS, metricsTable } from '../../lib/metrics/table.ts';
import { annotationsSchema } from '../../lib/settings/json-schema.ts';
import { annotationTable, flagTable, publisherFlagTable } from '../../lib/settings/markdown.ts';
import { statusJsonSchema } from '../../lib/status/json-schema.ts';
import { type Generated, insert } from './insert.ts';

const GENERATED: readonly Generated[] = [
  { file: 'README.md', marker: 'settings', text: annotationTable() },
  { file: 'README.md', marker: 'flags', text: flagTable() },
  { file: 'README.md', marker: 'metrics', text: metricsTable(METRICS) },
  { file: 'deploy/publisher/README.md', marker: 'flags', text: publisherFlagTable() },
  { file: 'deploy/publisher/README.md', marker: 'metrics', text: metricsTable(PUBLISHER_METRICS) },
  {
    file: 'deploy/status.schema.json',
    marker: undefined,
    text: `${JSON.stringify(statusJsonSchema(), null, 2)}\n`,
  },
  {
    file: 'deploy/settings.schema.json',
    marker: undefined,
    text: `${JSON.stringify(annotationsSchema(), null, 2)}\n`,
  },
];

const isCheck = process.argv.includes('--check');
const problems: string[] = [];
for (const generated of GENERATED) {
  const url = new URL(`../../${generated.file}`, import.meta.url);
  const before = await readFile(url, 'utf8').catch(() => undefined);
  const after = insert(generated, before);
  if (!after.ok) problems.push(...after.problems);
  else if (isCheck && after.value !== before)
    problems.push(`${generated.file} is not as the code has it; run: npm run fix`);
  else if (after.value !== before) await writeFile(url, after.value);
}
if (problems.length > 0) {
  console.error([...new Set(problems)].join('\n'));
  process.exitCode = 1;
}
