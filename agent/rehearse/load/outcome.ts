/** How one request ended. Times are in ms since the epoch. */
export type Outcome = { readonly startedAt: number; readonly endedAt: number } & (
  | { readonly type: 'ok' }
  | { readonly type: 'status'; readonly status: number }
  /** It never reached the container, or no answer came in time. */
  | { readonly type: 'unanswered'; readonly reason: string }
  /** It reached the container, and its connection ended before the whole answer had come. */
  | { readonly type: 'broken'; readonly reason: string }
);
