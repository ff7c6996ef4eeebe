import { type AgentSettings, agentProblems, agentSettings } from './agent-settings.ts';
import { keyProblem } from './annotation-key.ts';
import { createReader, type Inputs } from './layers.ts';
import { readPod } from './pod.ts';
import type { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

/** Everything that the inputs say, and everything that is wrong with them. */
export interface SettingsReading {
  /** Defaults stand in for bad values. */
  readonly agent: AgentSettings;
  /** Undefined where there is any problem. */
  readonly settings: Settings | undefined;
  /** How long to hold a hook where there are no settings; the default stands in for a bad value. */
  readonly drainMinMs: number;
  /** Of flags and variables: the program ends with 2, for nothing but a new start can mend them. */
  readonly startProblems: readonly Problem[];
  /**
   * Of annotations, and of the pod as a whole, to which annotations are a part: the program runs, or keeps the
   * settings it has, for a live edit can mend them.
   */
  readonly annotationProblems: readonly Problem[];
  /** Where the values that are not defaults came from: `drain-min` → `flag --drain-min`. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Reads all settings: flag before variable before annotation before default. Never throws, whatever the texts.
 * @returns the settings, or all problems at once.
 */
export function readSettings(inputs: Inputs): SettingsReading {
  const reader = createReader(inputs);
  const agent = agentSettings(reader);
  const pod = readPod(reader, inputs.annotations, agent);
  const startProblems = [...reader.startProblems, ...agentProblems(inputs, reader)];
  const annotationProblems = [
    ...reader.annotationProblems,
    ...keyProblems(inputs.annotations),
    ...pod.problems,
  ];
  const isGood = startProblems.length + annotationProblems.length === 0;
  return {
    agent,
    settings: isGood ? pod.settings : undefined,
    drainMinMs: pod.settings.drainMinMs,
    startProblems: distinct(startProblems),
    annotationProblems: distinct(annotationProblems),
    sources: reader.sources,
  };
}

function keyProblems(annotations: Inputs['annotations']): Problem[] {
  return [...annotations.keys()].flatMap(key => {
    const message = keyProblem(key);
    return message === undefined ? [] : [{ source: `annotation ${key}`, message }];
  });
}

/** A row may be read more than once, and then tells its problems again. */
function distinct(problems: readonly Problem[]): Problem[] {
  const byText = new Map(problems.map(problem => [`${problem.source}\n${problem.message}`, problem]));
  return [...byText.values()];
}
