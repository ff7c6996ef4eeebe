import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Reads a file that must not be long, whatever is put in its place.
 *
 * @returns its bytes; of a longer file `mostBytes + 1` of them
 * @throws as `open` and `read` do, with their codes; `NOT_A_FILE`; `FILE_GREW` where it grew meanwhile, so that what was read may
 * be a part
 */
export async function readBounded(path: string, mostBytes: number): Promise<Uint8Array> {
  // A pipe would keep open() waiting for somebody to write, and the process from ending.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile()) throw Object.assign(new Error('It is no file'), { code: 'NOT_A_FILE' });
  const { size } = stat;
  const buffer = Buffer.alloc(Math.min(size, mostBytes) + 1);
  let length = 0;
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = (await file.read(buffer, length)).bytesRead;
  }
  if (length > size && size <= mostBytes) {
    throw Object.assign(new Error('The file grew while it was read'), { code: 'FILE_GREW' });
  }
  return buffer.subarray(0, length);
}
