/** What a command leaves when it is stopped in the middle: nothing; and after SIGKILL, nothing once the next one has run. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';
import { HOST_LINK, SPACES, STATE } from './machine/place.ts';
import { isAlive, type ProcessId, processIdFrom } from './machine/process-id.ts';
import { testOnNodes } from './on-nodes.ts';
import { run } from './run.ts';
import { until } from './wait.ts';

const COMMAND_MS = 60_000;

/** Beside the cluster that the tests are on: the network, /var/lib and the cgroups are not the machine's. */
const OWN_PLACE = `
  mount -t tmpfs podusher-try /var/lib
  for folder in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts); do
    mkdir -p "$folder/podusher-try"
    mount --bind "$folder/podusher-try" "$folder"
  done
  ip link set lo up
  echo there
  exec sleep infinity`;

const REMOVE_CGROUPS = `
  for folder in $(awk '$3 ~ /^cgroup2?$/ { print $2 }' /proc/mounts); do rmdir "$folder/podusher-try"; done`;

/** @returns the number of a process that is in a place of its own, where no cluster is, until the test ends */
async function ownPlace(context: TestContext): Promise<number> {
  // With this test, however that ends.
  const options = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--net', 'sh', '-euc', OWN_PLACE];
  const child = spawn('setpriv', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(context, () => run(['sh', '-euc', REMOVE_CGROUPS], { timeoutMs: COMMAND_MS }));
  atEnd(context, async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  assert.ok(child.pid !== undefined && child.exitCode === null, 'there is no place for it');
  return child.pid;
}

interface Command {
  readonly said: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with its exit code when it has ended, null when a signal ended it. */
  readonly ended: () => Promise<number | null>;
}

function start(context: TestContext, place: number, file: string): Command {
  const enter = ['--pdeathsig', 'TERM', 'nsenter', '--target', String(place), '--mount', '--net', '--'];
  const command = [process.execPath, join(import.meta.dirname, file)];
  const child = spawn('setpriv', [...enter, ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(context, () => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk));
  const closed = once(child, 'close');
  return {
    said: () => said,
    kill: signal => child.kill(signal),
    ended: async () => {
      await closed;
      return child.exitCode;
    },
  };
}

/** Brings a cluster up until its control plane is about to run, and sends the signal. */
async function interruptUp(
  context: TestContext,
  place: number,
  signal: NodeJS.Signals,
): Promise<{ readonly exitCode: number | null; readonly said: string; readonly inits: readonly string[] }> {
  const { said, kill, ended } = start(context, place, 'up.ts');
  await until('the control plane starts', () => said().includes('Control plane'), { timeoutMs: COMMAND_MS });
  const records = join(`/proc/${place}/root`, STATE, 'spaces');
  const inits = readdirSync(records).map(name => readFileSync(join(records, name), 'utf8'));
  // Whatever fails from here on.
  atEnd(context, () => living(inits).forEach(({ pid }) => process.kill(pid, 'SIGKILL')));
  kill(signal);
  return { exitCode: await ended(), said: said(), inits };
}

function living(inits: readonly string[]): readonly ProcessId[] {
  return inits.flatMap(stat => processIdFrom(stat) ?? []).filter(isAlive);
}

async function assertNothingLeft(place: number, inits: readonly string[]): Promise<void> {
  assert.equal(inits.length, SPACES.length);
  assert.deepEqual(living(inits), []);
  assert.deepEqual(readdirSync(`/proc/${place}/root/var/lib`), []);
  const links = await run(['nsenter', '--target', String(place), '--net', 'ip', '-oneline', 'link'], {
    timeoutMs: COMMAND_MS,
  });
  assert.ok(!links.includes(HOST_LINK.name), links);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  testOnNodes(`cluster:up leaves nothing when ${signal} stops it`, async context => {
    const place = await ownPlace(context);
    const { exitCode, said, inits } = await interruptUp(context, place, signal);
    assert.equal(exitCode, 130, said);
    assert.match(said, new RegExp(`Interrupted by ${signal}`, 'u'));
    await assertNothingLeft(place, inits);
  });
}

testOnNodes('cluster:down removes what a cluster:up that was killed has left', async context => {
  const place = await ownPlace(context);
  const { inits } = await interruptUp(context, place, 'SIGKILL');
  assert.equal(living(inits).length, SPACES.length);
  const down = start(context, place, 'down.ts');
  assert.equal(await down.ended(), 0, down.said());
  await assertNothingLeft(place, inits);
});

testOnNodes('cluster:up removes what a cluster:up that was killed has left', async context => {
  const place = await ownPlace(context);
  const { inits } = await interruptUp(context, place, 'SIGKILL');
  const again = await interruptUp(context, place, 'SIGTERM');
  assert.match(again.said, /Clean up what another run left/u);
  await assertNothingLeft(place, [...again.inits]);
  assert.deepEqual(living(inits), []);
  assert.ok(!existsSync(join(`/proc/${place}/root`, STATE)));
});
