const LONGEST = 80;

/** @returns a user's text in double quotes for a message: on one line, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}
