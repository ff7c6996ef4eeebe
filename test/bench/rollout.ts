/**
 * What rolling updates lose, on a cluster: `npm run bench:rollout`. Three pods at 60 requests a second, every 20th of which
 * takes 3 s, are replaced one after the other, again and again; without podusher, with a sleep in its place, and with it;
 * also with a kube-proxy as slow as in a large cluster. How long it takes is said first. A cluster that is not up is brought
 * up, and taken down at the end.
 *
 * --json for machines; --check ends with 1 where a row does not hold; --rollouts N, 10 unless said, of each that has
 * podusher; --only WORD, of a row's strategy, kube-proxy, clients or app: those rows alone, may be repeated.
 */
import { parseArgs } from 'node:util';
import { withCluster } from '../cluster/cluster.ts';
import { command } from '../cluster/command.ts';
import { createNamespace, deleteNamespace, isOurs } from '../cluster/kubectl.ts';
import { setProxy } from '../cluster/nodes.ts';
import { loadRailsAuthImages } from '../cluster/rails-auth/images.ts';
import { rollOut } from '../cluster/rollout/roll.ts';
import { howOf } from '../cluster/rollout/strategy.ts';
import { lasted } from '../cluster/say.ts';
import { evidenceOf, nameOf, type Row, rowOf, type Trial, tableOf, trials } from './rollout/rows.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    rollouts: { type: 'string', default: '10' },
    only: { type: 'string', multiple: true, default: [] },
  },
});
// The load ends itself after half an hour.
if (!/^(?:[1-9]|[12]\d|30)$/u.test(values.rollouts))
  throw new Error(`--rollouts ${values.rollouts}: accepted: 1 to 30`);

/** At a time: with three, two cores were busy by 90 %, and `sleep-15` lost requests too. */
const AT_ONCE = 2;

/** On two cores: a rollout with the 10 s before it, and all that is before the first and after the last. */
const ROLLOUT_MS = 40_000;
const AROUND_MS = 45_000;

/** Standard output is for the rows. */
const say = (text: string): void => void process.stderr.write(text);

await command(async ({ signal }) => {
  const wanted = trials(Number(values.rollouts)).filter(isWanted).filter(isPossible);
  if (wanted.length === 0) throw new Error(`No row is of ${values.only.join(' and ')}`);
  const workMs = wanted.reduce((sum, { rollouts }) => sum + AROUND_MS + rollouts * ROLLOUT_MS, 0);
  say(`${wanted.length} rows, ${AT_ONCE} at a time: about ${lasted(workMs / AT_ONCE)}\n`);
  await withCluster({ signal, say }, async () => {
    await loadRailsAuthImages(signal, say);
    const measured = new Map<Trial, Row>();
    const inOrder = (): readonly Row[] => wanted.flatMap(trial => measured.get(trial) ?? []);
    try {
      for (const kubeProxy of ['usual', 'slow'] as const) {
        const some = wanted.filter(trial => trial.kubeProxy === kubeProxy);
        if (some.length === 0) continue;
        if (kubeProxy === 'slow') await setProxy('slow');
        await measureAll(some, measured, signal);
      }
    } finally {
      const rows = inOrder();
      process.stdout.write(values.json ? `${JSON.stringify(rows, undefined, 2)}\n` : tableOf(rows));
      if (isOurs) await setProxy('usual');
    }
    const rows = inOrder();
    if (rows.length < wanted.length || (values.check && rows.some(({ problems }) => problems.length > 0)))
      process.exitCode = 1;
  });
});

function isWanted({ strategy, kubeProxy, clients, app }: Trial): boolean {
  const words = new Set<string>([strategy, kubeProxy, clients, app]);
  return values.only.every(word => words.has(word));
}

/** Nobody but we makes our own kube-proxies slow. */
function isPossible({ kubeProxy }: Trial): boolean {
  return isOurs || kubeProxy === 'usual';
}

/** Adds the rows, without those that could not be measured. */
async function measureAll(
  wanted: readonly Trial[],
  measured: Map<Trial, Row>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = wanted.values();
  const measureWaiting = async (): Promise<void> => {
    for (const trial of waiting) {
      signal.throwIfAborted();
      await measure(trial, signal).then(
        row => measured.set(trial, row),
        (error: unknown) => say(`${nameOf(trial)}: ${Object(error).message}\n`),
      );
    }
  };
  await Promise.allSettled(Array.from({ length: AT_ONCE }, measureWaiting));
  signal.throwIfAborted();
}

async function measure(trial: Trial, signal: AbortSignal): Promise<Row> {
  const { strategy, kubeProxy, clients, app, rollouts } = trial;
  const name = `bench-${strategy}-${kubeProxy}-${clients}-${app}-${Date.now().toString(36)}`;
  await createNamespace(name, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  try {
    const plan = { app, strategy, clients: [clients], rollouts };
    const onRollout = (count: number): void => say(`${nameOf(trial)}: ${count} of ${rollouts} rollouts\n`);
    const rolled = await rollOut(name, plan, { signal, onRollout });
    const row = rowOf(trial, rolled);
    say(tableOf([row]).split('\n').slice(2).join('\n'));
    if (row.problems.length > 0 || (howOf(strategy).podusher && row.failed > 0))
      say(evidenceOf(trial, rolled));
    return row;
  } finally {
    await deleteNamespace(name);
  }
}
