import assert from 'node:assert/strict';
import { formatProblem } from '../../lib/settings/problem.ts';
import { readSettings, type SettingsReading } from '../../lib/settings/read-settings.ts';
import type { Settings } from '../../lib/settings/settings.ts';

export type Texts = Readonly<Record<string, string>>;

export function read(annotations: Texts, flags: Texts = {}, environment: Texts = {}): SettingsReading {
  const maps = { flags: new Map(Object.entries(flags)), annotations: new Map(Object.entries(annotations)) };
  return readSettings({ ...maps, environment });
}

export function settingsOf(reading: SettingsReading): Settings {
  const problems = [...reading.startProblems, ...reading.annotationProblems].map(formatProblem);
  assert.ok(reading.settings !== undefined, problems.join('\n'));
  return reading.settings;
}
