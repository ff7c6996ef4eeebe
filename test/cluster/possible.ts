/** Whether this machine can have a cluster of ours: tried, not guessed. */
import { existsSync } from 'node:fs';
import { missingPackages } from './build/packages.ts';
import { whyNoCgroups } from './machine/cgroups.ts';
import { SPACE_FLAGS } from './machine/space.ts';
import { attempt } from './run.ts';

const TRY_MS = 60_000;

/** What is done in a space (`machine/space.ts`, `machine/network.ts`); links and tables once their programs are there. */
const TRY = `
  mount -t proc proc /proc
  mount -t tmpfs podusher-try /run
  hostname podusher-try
  if command -v ip; then
    ip link add name try-a type veth peer name try-b
    ip link add name try-switch type bridge
  fi
  if command -v iptables; then iptables --wait --table nat --list-rules; fi`;

/** No cluster of ours can be on this machine, whatever is installed. */
export class Impossible extends Error {
  readonly code = 'IMPOSSIBLE';
}

/** @throws Impossible, with the reason in its message, where there can be no cluster of ours */
export async function mustBePossible(): Promise<void> {
  const reason = await whyNot();
  if (reason !== null) throw new Impossible(`No cluster of ours can be on this machine: ${reason}`);
}

/**
 * @returns why there can be no cluster of ours on this machine, null when there can
 * @throws when that could not be found out: it is no reason to leave anything out
 */
export async function whyNot(): Promise<string | null> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces and mounts';
  const missing = missingPackages();
  if (missing.length > 0 && !existsSync('/usr/bin/apt-get')) {
    return `it needs apt-get, for ${missing.join(', ')}`;
  }
  return (await whyNoSpace()) ?? whyNoCgroups();
}

async function whyNoSpace(): Promise<string | null> {
  const command = ['unshare', ...SPACE_FLAGS, 'sh', '-euc', TRY];
  const { status, stderr, timedOut } = await attempt(command, { timeoutMs: TRY_MS });
  if (timedOut) throw new Error(`Whether there can be namespaces here was not known after ${TRY_MS} ms`);
  if (status === 0) return null;
  const said = stderr.trim().split('\n').at(-1);
  return `it needs namespaces of processes, mounts and network (${said})`;
}
