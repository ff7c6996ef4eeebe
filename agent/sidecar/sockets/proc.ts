import { closeSync, openSync, readSync } from 'node:fs';
import { parsePassiveOpens, parseProcNetTcp } from '../../../lib/connections/proc-net.ts';
import type { Socket } from '../../../lib/connections/socket.ts';
import { type Parsed, parsed, unparsed } from '../../../lib/settings/parsed.ts';

// What /proc/net tells: the counter, always; the sockets, where netlink is refused.

const COUNTERS_BYTES = 65_536;
/** Some 100,000 sockets. */
const SOCKETS_BYTES = 16 * 1024 * 1024;

/** @returns how many connections the pod has accepted so far. Takes some 50 µs. */
export function readPassiveOpens(folder = '/proc/net'): Parsed<number> {
  return read(`${folder}/snmp`, COUNTERS_BYTES, parsePassiveOpens);
}

/** @returns all TCP sockets, without `tcp_info`. A node without IPv6 has no `tcp6`. */
export function readProcSockets(folder = '/proc/net'): Parsed<readonly Socket[]> {
  const v4 = read(`${folder}/tcp`, SOCKETS_BYTES, parseProcNetTcp);
  if (!v4.ok) return v4;
  const v6 = read(`${folder}/tcp6`, SOCKETS_BYTES, parseProcNetTcp, parsed([]));
  return v6.ok ? parsed([...v4.value, ...v6.value]) : v6;
}

function read<T>(
  path: string,
  mostBytes: number,
  parse: (text: string) => Parsed<T>,
  missing?: Parsed<T>,
): Parsed<T> {
  try {
    const text = readText(path, mostBytes);
    if (text === undefined) return unparsed(`${path} is longer than ${mostBytes} bytes`);
    const result = parse(text);
    return result.ok
      ? result
      : unparsed(...result.problems.map(problem => `${path} cannot be read: ${problem}`));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && missing !== undefined) return missing;
    return unparsed(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Files of /proc do not tell their size. @returns undefined for one that is longer. */
function readText(path: string, mostBytes: number): string | undefined {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let total = 0; total <= mostBytes; ) {
      const chunk = Buffer.allocUnsafe(65_536);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks).toString('latin1');
      chunks.push(chunk.subarray(0, length));
      total += length;
    }
    return undefined;
  } finally {
    closeSync(file);
  }
}
