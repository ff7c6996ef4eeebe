/** A service account with a publisher's rights, as a pod finds it: a folder with its token. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateFile } from '../machine/keys.ts';
import { Refused } from './client.ts';
import type { ControlPlane } from './control-plane.ts';

export const NAMESPACE = 'podusher';
const ROLE = 'podusher-publisher';
const SECONDS = 24 * 3600;

const RULES = [
  { apiGroups: [''], resources: ['nodes', 'pods', 'services'], verbs: ['list', 'watch'] },
  {
    apiGroups: ['discovery.k8s.io'],
    resources: ['endpointslices'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
];

/** @returns the folder, with the token of an account of that name. */
export async function accountOf({ client, folder, place }: ControlPlane, who: string): Promise<string> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const accounts = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
  await ensure(client.post('/api/v1/namespaces', { metadata: { name: NAMESPACE } }));
  await ensure(client.post(`${rbac}/clusterroles`, { metadata: { name: ROLE }, rules: RULES }));
  await ensure(client.post(accounts, { metadata: { name: who } }));
  const subjects = [{ kind: 'ServiceAccount', namespace: NAMESPACE, name: who }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE };
  await ensure(
    client.post(`${rbac}/clusterrolebindings`, { metadata: { name: `${ROLE}-${who}` }, subjects, roleRef }),
  );
  const asked = { spec: { expirationSeconds: SECONDS } };
  const { status } = await client.post(`${accounts}/${who}/token`, asked);
  const target = join(folder, 'accounts', who);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'token'), String(Object(status).token));
  writeFileSync(join(target, 'namespace'), NAMESPACE);
  copyFileSync(certificateFile('ca', place.keys), join(target, 'ca.crt'));
  return target;
}

/** What is there already is as good. */
async function ensure(created: Promise<unknown>): Promise<void> {
  await created.catch((error: unknown) => {
    if (!(error instanceof Refused) || error.status !== 409) throw error;
  });
}
