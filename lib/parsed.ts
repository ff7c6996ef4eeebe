/** What a parser of user input returns: a value, or everything that is wrong with the text, never a throw. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

/** @returns the parsed value as a success. */
export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** @returns a failure with its problems, each a phrase such as `"5" has no unit; accepted: 5s, 1m30s, 500ms`. */
export function unparsed(...problems: string[]): Parsed<never> {
  return { ok: false, problems };
}
