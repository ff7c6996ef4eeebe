/** The publisher's service account, with the rights that `deploy/publisher` gives it, as a pod finds it: a folder. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Json, metadataOf } from '../../publisher/server.ts';
import { certificateFile } from '../machine/keys.ts';
import { type Client, Refused } from './client.ts';
import type { ControlPlane } from './control-plane.ts';

const MANIFEST = join(import.meta.dirname, '../../../deploy/publisher/publisher.yaml');
/** The account's name, and its namespace's. */
const NAME = 'podusher-publisher';
const SECONDS = 24 * 3600;

/** All of the manifest but what needs nodes. */
const FOLDERS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: `/api/v1/namespaces/${NAME}/serviceaccounts`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAME}/roles`,
  RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAME}/rolebindings`,
  ValidatingAdmissionPolicy: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
};

/** @returns a folder with a token of it, of that name: each publisher has one, as each pod has. */
export async function accountOf({ client, folder, place }: ControlPlane, who: string): Promise<string> {
  await applyManifest(client);
  const asked = { spec: { expirationSeconds: SECONDS } };
  const { status } = await client.post(`${FOLDERS['ServiceAccount']}/${NAME}/token`, asked);
  const target = join(folder, 'accounts', who);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'token'), String(Object(status).token));
  writeFileSync(join(target, 'namespace'), NAME);
  copyFileSync(certificateFile('ca', place.keys), join(target, 'ca.crt'));
  return target;
}

async function applyManifest(client: Client): Promise<void> {
  for (const document of parseAllDocuments(readFileSync(MANIFEST, 'utf8'))) {
    const object: Json = document.toJS();
    const path = FOLDERS[String(object['kind'])];
    if (path !== undefined) await ensure(client, path, object);
  }
}

/** What is there already is as good. */
async function ensure(client: Client, path: string, object: Json): Promise<void> {
  const wanted = metadataOf(object)['namespace'] ?? NAME;
  if (wanted !== NAME) throw new Error(`${MANIFEST}: Something is not of the namespace "${NAME}"`);
  await client.post(path, object).catch((error: unknown) => {
    if (!(error instanceof Refused) || error.status !== 409) throw error;
  });
}
