/**
 * A member of a union that carries its time, without it: `at` of what is told, `now` of what happens. Whoever passes
 * it on gives it the time.
 */
export type Untimed<E> = E extends { readonly at: number } | { readonly now: number }
  ? Omit<E, 'at' | 'now'>
  : never;
