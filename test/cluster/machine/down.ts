/** Taking the cluster down, whatever is left of it. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { removeCgroups } from './cgroups.ts';
import { disconnectHost } from './network.ts';
import { SPACES, STATE } from './place.ts';
import { closeSpace } from './space.ts';
import { removeClaims } from './state.ts';

/** @returns whether there was anything */
export async function takeDown(): Promise<boolean> {
  await removeClaims();
  if (!existsSync(STATE)) return false;
  await Promise.all(SPACES.map(closeSpace));
  await disconnectHost();
  await removeCgroups();
  await rm(STATE, { recursive: true, maxRetries: 3 });
  return true;
}
