/** What podusher may ask the API for: what deploy/sidecar/rbac.yaml grants, or less. */
import * as v from 'valibot';
import { documentsOf, textOf } from '../examples/documents.ts';
import { apply, kubectl } from './kubectl.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const Texts = v.array(v.string());
const RoleSchema = v.looseObject({
  kind: v.literal('Role'),
  rules: v.array(v.object({ apiGroups: Texts, resources: Texts, verbs: Texts })),
});

const [ROLE, BINDING] = documentsOf(textOf('deploy/sidecar/rbac.yaml'));
const role = v.parse(RoleSchema, ROLE);

export const RULES: readonly Rule[] = role.rules;

/** Grants a namespace's default service account all that rbac.yaml does, or these of its rules. */
export async function grant(namespace: string, rules: readonly Rule[] = RULES): Promise<void> {
  await apply(namespace, { ...role, rules }, Object(BINDING));
}

/** Takes it all back. */
export async function revoke(namespace: string): Promise<void> {
  await kubectl(['--namespace', namespace, 'delete', 'rolebinding', 'podusher']);
}
