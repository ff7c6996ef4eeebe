/** The processes of a test, by a text in their environment, which all that they start inherit. */
import { readdirSync, readFileSync } from 'node:fs';

/** @returns the ids of all processes but this one whose environment has the text in it; a zombie's has nothing. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => Number.isInteger(pid) && pid !== process.pid && environmentOf(pid).includes(text));
}

/** Kills them all at once. */
export function killProcessesWith(text: string): void {
  for (const pid of processesWith(text)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Empty where it may not be read, and once the process has ended. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
