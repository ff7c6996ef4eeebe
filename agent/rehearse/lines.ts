import type { Readable } from 'node:stream';

const LONGEST = 64 * 1024;

/** Calls `onLine` for each line of a process's output; what is longer than 64 KiB is given in pieces. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length <= LONGEST) return;
    onLine(rest);
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
  // A pipe that breaks ends the output; the process's exit says the rest.
  stream.on('error', () => undefined);
}
