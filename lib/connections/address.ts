/**
 * @param bytes 4 or 16 bytes in network order.
 * @returns the address as people write it (RFC 5952 for IPv6); IPv4 inside IPv6 (RFC 4291, 2.5.5.2) as IPv4.
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return formatIpv4(bytes, 0);
  if (isMapped(bytes)) return formatIpv4(bytes, 12);
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const { from, length } = longestZeros(groups);
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`;
}

function hex(groups: readonly number[]): string {
  return groups.map(group => group.toString(16)).join(':');
}

/** @returns the bytes of an address in network order; undefined for any other text. A zone (`%eth0`) is left out. */
export function parseAddress(text: string): Uint8Array | undefined {
  const bare = text.replace(/%.*$/s, '');
  if (!bare.includes(':')) return parseIpv4(bare);
  // The last group of an IPv6 address may be written as IPv4.
  const [, head = bare, tail] = /^(.*:)([0-9.]*\.[0-9.]*)$/s.exec(bare) ?? [];
  const embedded = tail === undefined ? new Uint8Array() : parseIpv4(tail);
  if (embedded === undefined) return undefined;
  const halves = (tail === undefined ? head : head.replace(/([^:]):$/, '$1')).split('::');
  const [left = [], right = []] = halves.map(half => (half === '' ? [] : half.split(':')));
  const missing = 8 - embedded.length / 2 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const bytes = groups.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  return Uint8Array.of(...bytes, ...embedded);
}

/** Numbers without leading zeros; other text that looks so is none's address, and stays as it is too. */
const NORMAL_IPV4 = /^(?:(?:0|[1-9]\d{0,2})(?:\.|$)){4}$/;

/** @returns the address as sockets have it here (`::ffff:10.0.0.7` is `10.0.0.7`); other text as it is. */
export function normalAddress(text: string): string {
  // Nearly all are so, and each probe has two.
  if (NORMAL_IPV4.test(text)) return text;
  const bytes = parseAddress(text);
  return bytes === undefined ? text : formatAddress(bytes);
}

/** @returns true for 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/** Spelt out, for it runs for each socket of each list. */
function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const fits = parts.length === 4 && parts.every(part => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return fits ? Uint8Array.from(parts, Number) : undefined;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) length++;
    if (length > best.length) best = { from, length };
  }
  return best;
}
