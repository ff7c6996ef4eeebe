import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import type { Environment } from '../../lib/settings/environment.ts';
import { readBounded } from '../bounded-file.ts';
import { codeOf } from '../error-code.ts';

/** As much as a Secret or a ConfigMap may hold, which is where such files come from. */
const MOST_BYTES = 1024 * 1024;

/** Bearer tokens are of these (RFC 6750); anything else no header can carry, or nobody has issued. */
const TOKEN = /^[\x21-\x7e]+$/;

/** How the API server is reached, and as whom. */
export type Account = ServiceAccount | Proxy;

/** By HTTPS, as every pod may. */
export interface ServiceAccount {
  readonly host: string;
  readonly port: number;
  /** Certificates that its own is checked against. */
  readonly ca: string;
  readonly token: string;
}

/** By way of `kubectl proxy`, in plain HTTP, as whoever has started that. */
export interface Proxy {
  readonly proxy: URL;
}

/**
 * Reads the service account as every pod finds it
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). To be read for each request, for the
 * kubelet renews the token.
 *
 * @param folder with `token` and `ca.crt`
 * @returns the account, or all that is missing
 */
export async function readAccount(folder: string, environment: Environment): Promise<Parsed<ServiceAccount>> {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = Number(environment['KUBERNETES_SERVICE_PORT_HTTPS'] ?? environment['KUBERNETES_SERVICE_PORT']);
  const [token, ca] = await Promise.all([readToken(join(folder, 'token')), readText(join(folder, 'ca.crt'))]);
  const problems = [token, ca].flatMap(text => (text.ok ? [] : text.problems));
  if (host === '' || !Number.isInteger(port) || port === 0) {
    problems.unshift('Not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  }
  if (!token.ok || !ca.ok || problems.length > 0) return unparsed(...problems);
  return parsed({ host, port, ca: ca.value, token: token.value });
}

/** @returns where the API server is, for messages. */
export function addressOf(account: Account): string {
  return 'proxy' in account
    ? account.proxy.origin
    : `https://${isIPv6(account.host) ? `[${account.host}]` : account.host}:${account.port}`;
}

/** @returns the namespace that the service account is of; undefined where the folder does not tell. */
export async function readNamespace(folder: string): Promise<string | undefined> {
  const text = await readText(join(folder, 'namespace'));
  return text.ok && text.value.trim() !== '' ? text.value.trim() : undefined;
}

/** What it holds is never told. */
async function readToken(path: string): Promise<Parsed<string>> {
  const text = await readText(path);
  if (!text.ok) return text;
  const token = text.value.trim();
  return TOKEN.test(token)
    ? parsed(token)
    : unparsed(`${path}: Is not a token, which is one line of visible ASCII characters`);
}

async function readText(path: string): Promise<Parsed<string>> {
  try {
    const bytes = await readBounded(path, MOST_BYTES);
    if (bytes.length > MOST_BYTES) return unparsed(`${path}: Is longer than ${MOST_BYTES} bytes`);
    return parsed(new TextDecoder().decode(bytes));
  } catch (error) {
    return unparsed(`${path}: Cannot be read (${codeOf(error)})`);
  }
}
