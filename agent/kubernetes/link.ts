import type { StatusLink } from '../../lib/status/status.ts';

/** How a watch stands, and since when. */
export interface Link {
  readonly status: StatusLink;
  readonly heard: () => void;
  readonly watching: () => void;
  readonly lost: (reason: string) => void;
}

export interface LinkListener {
  /** In ms since the epoch. */
  heard(at: number): void;
  /** Called once for each change: it is lost, or there again. */
  changed(status: StatusLink): void;
}

/** @returns a link of which nothing is known yet. */
export function createLink(now: () => number, listener: LinkListener): Link {
  let status: StatusLink = { state: 'starting', since: now(), because: null, heardAt: null };

  function become(state: StatusLink['state'], because: string | null): void {
    const isNews = state !== status.state;
    status = { ...status, state, because, since: isNews ? now() : status.since };
    if (isNews) listener.changed(status);
  }

  return {
    get status(): StatusLink {
      return status;
    },
    heard(): void {
      status = { ...status, heardAt: now() };
      listener.heard(now());
    },
    watching: () => become('watching', null),
    lost: reason => become('lost', reason),
  };
}
