import type { Writable } from 'node:stream';
import { spell } from '../../lib/timeline/words.ts';
import { now } from './clock.ts';
import type { Load } from './load/load.ts';

/** One line that is written over and over, on a terminal only. */
export interface Progress {
  show(phase: string, load: Load): void;
  /** Writes a line above it. */
  line(text: string): void;
  end(): void;
}

const EACH_MS = 250;
const CLEAR = '\r\u001B[2K';

/** @param isTerminal Whether the stream can be written over; if not, only `line` writes. */
export function createProgress(stream: Writable, isTerminal: boolean, title: string): Progress {
  const since = now();
  let current: { readonly phase: string; readonly load: Load } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function draw(): void {
    if (current === undefined) return;
    const { outcomes } = current.load;
    const ok = outcomes.filter(({ type }) => type === 'ok').length;
    const lost = outcomes.length - ok;
    const requests = outcomes.length === 0 ? '' : `: ${ok} requests answered, ${lost} not`;
    stream.write(`${CLEAR}${title}, ${spell(now() - since)}, ${current.phase}${requests}`);
  }

  return {
    show: (phase, load) => {
      current = { phase, load };
      if (!isTerminal) return;
      draw();
      timer ??= setInterval(draw, EACH_MS);
    },
    line: text => {
      stream.write(`${isTerminal ? CLEAR : ''}${text}\n`);
      if (isTerminal) draw();
    },
    end: () => {
      clearInterval(timer);
      timer = undefined;
      if (isTerminal) stream.write(CLEAR);
      current = undefined;
    },
  };
}
