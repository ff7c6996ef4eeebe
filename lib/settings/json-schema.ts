import { podKey } from './annotation-key.ts';
import { CONTAINER as CONTAINER_NAME } from './kind.ts';
import type { Row } from './row.ts';
import { CONTAINER, POD } from './table.ts';

/** @returns the JSON Schema of a pod's annotations: those that are not ours pass, unknown ones of ours do not. */
export function annotationsSchema(): object {
  const podRows = Object.values(POD);
  const containerRows = Object.values(CONTAINER);
  const containerKeys = containerRows.map(
    row => `^${escaped(`${row.name}.podusher.dev/`)}${CONTAINER_NAME.pattern}$`,
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: "podusher's annotations of a pod",
    description:
      'metadata.annotations of a pod, or of the template of one. The agent checks more than this can say.',
    type: 'object',
    properties: Object.fromEntries(podRows.map(row => [podKey(row), valueSchema(row)])),
    patternProperties: Object.fromEntries(
      containerRows.map((row, index) => [containerKeys[index] ?? '', valueSchema(row)]),
    ),
    propertyNames: {
      anyOf: [
        { not: { pattern: '^([^/]*\\.)?podusher\\.dev/' } },
        { enum: [...podRows.map(podKey), 'podusher.dev/selector'] },
        ...containerKeys.map(pattern => ({ pattern })),
      ],
    },
  };
}

function valueSchema(row: Row<unknown>): object {
  return {
    type: 'string',
    description: `${row.help}. Accepted: ${row.kind.accepted}. Default: ${row.defaultText}`,
    pattern: `^${row.kind.pattern}$`,
  };
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}
