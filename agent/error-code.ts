import { messageOf } from '../lib/message-of.ts';

/** @returns the code of a system error, `ENOENT`; of any other, its message. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return messageOf(error);
}
