import { closeSync, openSync, readSync } from 'node:fs';
import { parsePassiveOpens, parseProcNetTcp } from '../../../lib/connections/proc-net.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import { messageOf } from '../../../lib/message-of.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/parsed.ts';

// What /proc/net tells: the counter, always; the sockets, where netlink is refused.

/** Some 100,000 sockets. */
const SOCKETS_BYTES = 16 * 1024 * 1024;

/**
 * @returns a function that tells how many connections the pod has accepted so far. It keeps the file open, for it is
 * called again and again: then a reading takes 23 µs, where it took 35.
 */
export function passiveOpensReader(folder = '/proc/net'): () => Parsed<number> {
  const path = `${folder}/snmp`;
  let file: number | undefined;
  const readCounters = (): string | undefined => {
    file ??= openSync(path, 'r');
    // From the beginning each time: then the kernel writes it anew, whole in one reading.
    const length = readSync(file, CHUNK, 0, CHUNK.length, 0);
    return length < CHUNK.length ? CHUNK.toString('latin1', 0, length) : undefined;
  };
  return () => parse(path, CHUNK.length, readCounters, parsePassiveOpens);
}

/** @returns all TCP sockets, without `tcp_info`. A node without IPv6 has no `tcp6`. */
export function readProcSockets(folder = '/proc/net'): Parsed<readonly Socket[]> {
  const v4 = readSockets(`${folder}/tcp`);
  if (!v4.ok) return v4;
  const v6 = readSockets(`${folder}/tcp6`, parsed([]));
  return v6.ok ? parsed([...v4.value, ...v6.value]) : v6;
}

/**
 * @returns the TCP ports that listen. The kernel writes those sockets before all others (`tcp_seek_last_pos` in
 * `net/ipv4/tcp_ipv4.c`), so that no more of the files is read, however many connections there are.
 */
export function readListeningPorts(folder = '/proc/net'): Parsed<ReadonlySet<number>> {
  const v4 = readSockets(`${folder}/tcp`, undefined, NOT_LISTENING);
  if (!v4.ok) return v4;
  const v6 = readSockets(`${folder}/tcp6`, parsed([]), NOT_LISTENING);
  if (!v6.ok) return v6;
  const listening = [...v4.value, ...v6.value].filter(({ state }) => state === 'listen');
  return parsed(new Set(listening.map(({ local }) => local.port)));
}

/** A line of a socket in another state than 0A. */
const NOT_LISTENING = /^ *\d+: \S+ \S+ (?!0A)/m;

function readSockets(path: string, missing?: Parsed<Socket[]>, enough?: RegExp): Parsed<readonly Socket[]> {
  return parse(path, SOCKETS_BYTES, () => readText(path, SOCKETS_BYTES, enough), parseProcNetTcp, missing);
}

/** @param readWhole gives undefined for a file that is longer than `mostBytes`. */
function parse<T>(
  path: string,
  mostBytes: number,
  readWhole: () => string | undefined,
  parseText: (text: string) => Parsed<T>,
  missing?: Parsed<T>,
): Parsed<T> {
  try {
    const text = readWhole();
    if (text === undefined) return unparsed(`${path} is longer than ${mostBytes} bytes`);
    const result = parseText(text);
    return result.ok
      ? result
      : unparsed(...result.problems.map(problem => `${path} cannot be read: ${problem}`));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && missing !== undefined) return missing;
    return unparsed(`${path} cannot be read: ${messageOf(error)}`);
  }
}

/** For all readings, which are synchronous: a new one each time would keep the garbage collector busy. */
const CHUNK = Buffer.allocUnsafe(65_536);

/**
 * Files of /proc do not tell their size.
 * @param enough what need not be read on after; then only whole lines are given.
 * @returns undefined for a file that is longer.
 */
function readText(path: string, mostBytes: number, enough?: RegExp): string | undefined {
  const file = openSync(path, 'r');
  try {
    const chunks: string[] = [];
    for (let total = 0; total <= mostBytes; ) {
      const length = readSync(file, CHUNK);
      if (length === 0) return chunks.join('');
      chunks.push(CHUNK.toString('latin1', 0, length));
      total += length;
      if (enough?.test(chunks.at(-1) ?? '')) return chunks.join('').replace(/[^\n]*$/, '');
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}
