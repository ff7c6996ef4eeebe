import type { Kind } from './kind.ts';

/** One setting of the table. */
export interface Row<T> {
  /** `drain-min`: the annotation `podusher.dev/drain-min`, the flag `--drain-min`, `PODUSHER_DRAIN_MIN`. */
  readonly name: string;
  readonly kind: Kind<T>;
  readonly default: T;
  /** The default as people read it. */
  readonly defaultText: string;
  /** One line. */
  readonly help: string;
}

/** @returns a setting whose default is written like any value; the empty list reads `none`. */
export function setting<T>(name: string, kind: Kind<T>, defaultText: string, help: string): Row<T> {
  const value = kind.parse(defaultText);
  if (!value.ok) throw new TypeError(`The default of ${name} is bad: ${value.problems.join('; ')}`);
  return { name, kind, default: value.value, defaultText: defaultText || 'none', help };
}

/** @returns a setting that has no value unless it is given; `defaultText` says what holds then. */
export function unset<T>(name: string, kind: Kind<T>, defaultText: string, help: string): Row<T | undefined> {
  return { name, kind, default: undefined, defaultText, help };
}

/** @returns the row's environment variable: `PODUSHER_DRAIN_MIN`. */
export function variableOf({ name }: Pick<Row<unknown>, 'name'>): string {
  return `PODUSHER_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** @returns the row's flag: `--drain-min`. */
export function flagOf({ name }: Pick<Row<unknown>, 'name'>): string {
  return `--${name}`;
}
