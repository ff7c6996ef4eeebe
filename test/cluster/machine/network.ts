/**
 * The cluster's network: a switch in the control plane's space, one cable to each node and one to the host. The host
 * gets one address and no route but to the switch; nothing that is in the cluster can reach further.
 */
import { readFileSync } from 'node:fs';
import { attempt, run } from '../run.ts';
import { until } from '../wait.ts';
import { API, HOST_LINK, NODES, type SpaceName } from './place.ts';
import { initOf, inSpace } from './space.ts';

const COMMAND_MS = 10_000;

/** Lays the cables; the spaces must be open. */
export async function connect(): Promise<void> {
  await configure('control', [
    'link add switch type bridge',
    `addr add ${API.address}/24 dev switch`,
    'link set switch up',
    ...NODES.flatMap(({ name }) => [
      `link add ${name} type veth peer name eth0 netns ${initOf(name)?.pid}`,
      `link set ${name} master switch up`,
    ]),
    ...NODES.map(({ pods, address }) => `route add ${pods} via ${address}`),
  ]);
  for (const node of NODES) {
    await configure(node.name, [
      `addr add ${node.address}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${API.address}`,
      ...NODES.filter(other => other !== node).map(({ pods, address }) => `route add ${pods} via ${address}`),
      // What is sent to a pod that has gone ends here, as with Calico.
      `route add blackhole ${node.pods}`,
    ]);
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward';
    await inSpace(node.name, ['sh', '-c', forward], { timeoutMs: COMMAND_MS });
  }
  await connectHost();
}

async function connectHost(): Promise<void> {
  const { name, address } = HOST_LINK;
  await batch(
    ['ip', '-batch', '-'],
    [
      `link add ${name} type veth peer name host netns ${initOf('control')?.pid}`,
      `addr add ${address}/24 dev ${name}`,
      `link set ${name} up`,
    ],
  );
  await configure('control', ['link set host master switch up']);
}

/**
 * Takes the host's cable away. It would go with the space of its other end, but that may be minutes after all in it has ended:
 * the kernel keeps a network as long as a connection in it has something to send, though nobody is left to receive it.
 */
export async function disconnectHost(): Promise<void> {
  const { name } = HOST_LINK;
  const isGone = async (): Promise<boolean> => {
    if (!isThere(name)) return true;
    // It may just have gone by itself.
    await attempt(['ip', 'link', 'delete', name], { timeoutMs: COMMAND_MS });
    return !isThere(name);
  };
  await until(`the link ${name} is gone`, isGone, { timeoutMs: COMMAND_MS });
}

function isThere(link: string): boolean {
  return readFileSync('/proc/net/dev', 'utf8').includes(`${link}:`);
}

function configure(space: SpaceName, lines: readonly string[]): Promise<void> {
  const pid = String(initOf(space)?.pid);
  return batch(['nsenter', '--target', pid, '--net', '--', 'ip', '-batch', '-'], lines);
}

async function batch(command: readonly string[], lines: readonly string[]): Promise<void> {
  await run(command, { input: `${lines.join('\n')}\n`, timeoutMs: COMMAND_MS });
}
