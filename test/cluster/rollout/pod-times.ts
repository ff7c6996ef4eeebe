/** When pods were deleted, and when they were gone, as the API says it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { kubectlCommand } from '../kubectl.ts';

/** In ms since the epoch, by when the news came. */
export interface PodTimes {
  readonly deletedAt: number;
  /** When its object had gone; undefined while it is there. */
  readonly goneAt: number | undefined;
}

export interface PodWatch {
  /** By pod's name; of those that nobody has deleted, none. */
  readonly times: ReadonlyMap<string, PodTimes>;
  /** Whether its end has been seen before `stop()`: what it tells is not whole. */
  readonly isOver: () => boolean;
  stop(): Promise<void>;
}

const EVENT = '{.type} {.object.metadata.name} {.object.metadata.deletionTimestamp}{"\\n"}';

/** Begins to watch the pods labelled `app=APP`. */
export function watchPods(namespace: string, app: string): PodWatch {
  const [file = '', ...args] = kubectlCommand();
  const what = ['get', 'pods', '--selector', `app=${app}`, '--watch', '--output-watch-events'];
  const child = spawn(file, [...args, '--namespace', namespace, ...what, '--output', `jsonpath=${EVENT}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const times = new Map<string, PodTimes>();
  let isOver = false;
  void ended.then(() => (isOver = true));
  createInterface({ input: child.stdout }).on('line', line => {
    const [type, name = '', deletionTimestamp = ''] = line.split(' ');
    const now = Date.now();
    const known = times.get(name);
    const deletedAt = known?.deletedAt ?? now;
    if (type === 'DELETED') times.set(name, { deletedAt, goneAt: now });
    else if (deletionTimestamp !== '' && known === undefined)
      times.set(name, { deletedAt, goneAt: undefined });
  });
  return {
    times,
    isOver: () => isOver,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
