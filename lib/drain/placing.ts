import type { Settings } from '../settings/settings.ts';
import type { HookName } from './state.ts';

/** Container names that no setting has, and that hooks may bring nevertheless where the list is not complete. */
export const MOST_UNNAMED = 16;

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whose hook a request is, or why that cannot be said. */
export type Placed =
  | { readonly ok: true; readonly container: HookName }
  | { readonly ok: false; readonly reason: string };

/**
 * @param container the `container` parameter of `/drain`; null for a bare one
 * @param hooked the containers whose hooks this drain knows already
 */
export function placeHook(settings: Settings, container: string | null, hooked: ReadonlySet<string>): Placed {
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
