import { quoted } from '../quoted.ts';
import type { Settings } from '../settings/settings.ts';
import { didYouMean } from '../suggest.ts';
import type { HookName } from './state.ts';

/** Container names that no setting has, and that hooks may bring nevertheless where the list is not complete. */
export const MOST_UNNAMED = 16;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The one parameter of `/drain`. */
const PARAMETER = 'container';

/** Whose hook a request is, or why that cannot be said. */
export type Placed =
  | { readonly ok: true; readonly container: HookName }
  | { readonly ok: false; readonly reason: string };

/**
 * @param query that of `/drain`: `container=NAME`; empty for a bare one. Other parameters beside the name change
 *   nothing, but in its place they are a misspelt one: what was meant is not known.
 * @param hooked the containers whose hooks this drain knows already
 */
export function placeHook(settings: Settings, query: URLSearchParams, hooked: ReadonlySet<string>): Placed {
  const container = query.get(PARAMETER);
  const [strange] = query.keys();
  if (container === null && strange !== undefined) {
    const hint = didYouMean(strange, [PARAMETER]);
    return { ok: false, reason: `Unknown parameter ${quoted(strange)}${hint}; accepted: ${PARAMETER}=NAME` };
  }
  if (container === null || container === settings.self) return { ok: true, container };
  const known = settings.containers.map(({ name }) => name);
  const unnamed = [...hooked].filter(name => name !== settings.self && !known.includes(name));
  if (known.includes(container) || unnamed.includes(container)) return { ok: true, container };
  const names = [settings.self, ...known].join(', ');
  if (settings.complete) return { ok: false, reason: `No container of that name; accepted: ${names}` };
  if (!DNS_LABEL.test(container)) return { ok: false, reason: 'Not a container name' };
  if (unnamed.length >= MOST_UNNAMED)
    return { ok: false, reason: `Too many unnamed containers; accepted: ${names}` };
  return { ok: true, container };
}
