import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';

/** The Role that people are told to give: what is not in it is refused here, too. */
const ROLE = v.parse(
  v.object({
    rules: v.array(
      v.object({
        apiGroups: v.array(v.string()),
        resources: v.array(v.string()),
        verbs: v.array(v.string()),
      }),
    ),
  }),
  parseAllDocuments(
    readFileSync(join(import.meta.dirname, '../../deploy/sidecar/rbac.yaml'), 'utf8'),
  )[0]?.toJS(),
);

export function isAllowed(group: string, resource: string, verb: string): boolean {
  return ROLE.rules.some(
    ({ apiGroups, resources, verbs }) =>
      apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
  );
}

/** @returns the API group of a path; the core's is empty. */
export function groupOf(path: string): string {
  return /^\/apis\/([^/]+)\//.exec(path)?.[1] ?? '';
}
