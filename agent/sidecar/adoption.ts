import type { Settings } from '../../lib/settings/settings.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { KnownSettings } from './settings-reader.ts';

// Invariant: a drain keeps the settings that it began with. The machine latches them by itself, but the observer's
// settings, and the hash and time that `/status` tells, must wait with them.

/** Which settings are in force. */
export interface Adoption {
  /** Its `problems` are those of the last reading, even of one that waits for a drain's end. */
  readonly inForce: KnownSettings;
  /** Applies what was read at the start. */
  begin(): void;
  /** The settings were read anew: they come into force at once, or when the drain that goes on is over. */
  take(read: KnownSettings): void;
  /** No drain goes on: what was read during the last one comes into force. */
  settle(): void;
}

/** What the adoption of settings needs of the rest of the agent. */
export interface AdoptionParts {
  readonly first: KnownSettings;
  readonly isDraining: () => boolean;
  /** Called with settings that have just come into force. */
  readonly apply: (settings: Settings) => void;
  /** Called after each change of `inForce`, once it was applied and told. */
  readonly changed: () => void;
  readonly annotationsPath: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** @returns the adoption of settings, with the first reading in force, though not yet applied. */
export function createAdoption(parts: AdoptionParts): Adoption {
  const { first, isDraining, apply, changed, annotationsPath, log, metrics } = parts;
  let inForce = first;
  let latest = first;

  function adopt(): void {
    const { settings } = latest;
    const isNew = settings !== inForce.settings;
    inForce = latest;
    if (isNew && settings !== undefined) apply(settings);
    tell();
  }

  function tell(): void {
    const { settings, hash, problems, appliedAt } = inForce;
    metrics.set('podusher_settings_problems', problems.length);
    metrics.set('podusher_settings_applied_timestamp_seconds', appliedAt / 1000);
    if (problems.length > 0) log.error({ problems }, 'The annotations are bad and not in effect');
    else log.info({ hash }, 'Settings in effect');
    if (settings?.containers.length === 0) {
      log.warn(`No container is named, so none is probed; are the annotations at ${annotationsPath}?`);
    }
    changed();
  }

  return {
    get inForce(): KnownSettings {
      return inForce;
    },
    begin(): void {
      if (inForce.settings !== undefined) apply(inForce.settings);
      tell();
    },
    take(read): void {
      latest = read;
      if (!isDraining()) return adopt();
      inForce = { ...inForce, problems: read.problems };
      tell();
    },
    settle(): void {
      if (latest !== inForce) adopt();
    },
  };
}
