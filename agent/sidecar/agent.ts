import { hostname } from 'node:os';
import type { Effect } from '../../lib/drain/event.ts';
import { asksForSlices } from '../../lib/drain/slices.ts';
import type { State } from '../../lib/drain/state.ts';
import { type Parsed, parsed, unparsed } from '../../lib/parsed.ts';
import type { AgentSettings } from '../../lib/settings/agent-settings.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { listen } from '../listen.ts';
import { createAdoption } from './adoption.ts';
import { createAnswers } from './answers.ts';
import { askApi } from './ask-api.ts';
import { createActions } from './drain-actions.ts';
import { createDrainer, type Drainer } from './drainer.ts';
import { createHooks } from './hooks.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createObserver } from './observer.ts';
import { createAgentServer } from './server.ts';
import {
  followSettings,
  type KnownSettings,
  type SettingsFollower,
  type SettingsSource,
} from './settings-reader.ts';
import { createStory } from './story.ts';

/** What an agent is started with. */
export interface AgentParts {
  readonly own: AgentSettings;
  readonly source: SettingsSource;
  /** What was read at the start. */
  readonly first: KnownSettings;
  readonly token: string | undefined;
  /** Ms since the epoch, never going back. */
  readonly now: () => number;
}

/** No container's name is longer; what a caller gives for one may be. */
const LONGEST_TOLD = 63;

const LET_GO =
  'A hook that was held for drain-min is answered: its container may get SIGTERM now, though others may depend on it';

/** How long the last answers may take to leave once the agent has been told to go. */
const LAST_ANSWERS_MS = 1000;

/** And the last Events and lines of the log, which nobody waits for but the end of the process. */
const LAST_WORDS_MS = 500;

/**
 * Wires the agent and runs it until it may leave: hooks and signals go to the drain, samples and verdicts too, and
 * the drain's effects go out again.
 *
 * @returns the exit status, or why it could not listen
 */
export async function runAgent(parts: AgentParts): Promise<Parsed<number>> {
  const { own, source, token, now } = parts;
  const metrics = createMetrics();
  const { log, written } = createLog(own.logLevel, () => metrics.count('podusher_log_lines_lost_total'));
  const story = createStory(log, metrics);
  const left = Promise.withResolvers<void>();
  let drainer: Drainer | undefined;
  let follower: SettingsFollower | undefined;

  const adoption = createAdoption({
    first: parts.first,
    isDraining: () => drainer !== undefined && drainer.state.phase !== 'serving',
    apply,
    changed: () => answers.refresh(),
    annotationsPath: own.annotationsFile.path,
    log,
    metrics,
  });

  const api = await askApi({
    own,
    environment: source.environment,
    now,
    log,
    metrics,
    changed: () => answers.refresh(),
    respecified: () => follower?.reread(),
    drainer: () => drainer,
  });
  const observer = createObserver({
    own,
    now,
    log,
    metrics,
    sampled: sample => drainer?.send({ type: 'sample', sample }),
    changed: () => answers.refresh(),
    kubeletVerdict: container => api?.verdict(container),
  });
  const hooks = createHooks({
    settings: () => drainer?.state.settings,
    hooked: () => hookedIn(drainer?.state),
    drainMinMs: () => adoption.inForce.drainMinMs,
    token,
    arrived: container => drainer?.send({ type: 'hook', container }),
    left: container => drainer?.send({ type: 'hook-left', container }),
    unplaced: (reason, container) =>
      log.warn({ container: container?.slice(0, LONGEST_TOLD) }, `A hook is held for drain-min: ${reason}`),
    letGo: container => log.warn({ container: container?.slice(0, LONGEST_TOLD) }, LET_GO),
    metrics,
  });
  const answers = createAnswers({
    own,
    now,
    name: hostname(),
    story,
    metrics,
    hooks,
    observer,
    inForce: () => adoption.inForce,
    state: () => drainer?.state,
    api,
  });
  const act = createActions({ request: observer.request, log, metrics });

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'answer':
        return hooks.answer(effect.container, effect.because);
      case 'act':
        return act(drainer?.state.settings.containers ?? []);
      case 'reset':
        return observer.reset(effect.container);
      case 'tell': {
        const state = drainer?.state;
        // Its last word: what the last hooks' answers did to readiness is told before it.
        if (effect.entry.type === 'exit') answers.refresh();
        api?.tell(effect.entry);
        return story.tell(
          effect.entry,
          state === undefined || state.phase === 'serving' ? now() : state.since,
        );
      }
      case 'exit':
        return left.resolve();
    }
  }

  /** Gives settings to those who work with them; the first begin the drain's machine. */
  function apply(settings: Settings): void {
    observer.reconfigure(settings);
    if (drainer !== undefined) return drainer.send({ type: 'settings', settings });
    drainer = createDrainer({
      settings,
      now,
      carryOut,
      changed: drainChanged,
      failed: error => log.error({ err: error }, 'A fault in the agent; the drain goes on'),
    });
    story.phase('serving');
    const deletion = api?.status.deletion ?? undefined;
    if (deletion !== undefined) drainer.send({ type: 'deletion', ...deletion });
  }

  /** Called after each step of the drain: what the others do depends on where it is. */
  function drainChanged(state: State): void {
    const { phase } = state;
    api?.watchSlices(asksForSlices(state, now()));
    observer.watchDrain(phase !== 'serving');
    story.phase(phase);
    if (phase === 'serving') adoption.settle();
    answers.refresh();
  }

  /** The server listens: settings come into force and are followed, and signals are heeded. */
  function begin(): void {
    adoption.begin();
    log.info({ port: own.port }, `Listening on port ${own.port}`);
    follower = followSettings(
      source,
      parts.first,
      () => api?.spec,
      read => adoption.take(read),
    );
    // What it told before there was a follower.
    if (api?.spec !== undefined) follower.reread();
    process.on('SIGTERM', leave).on('SIGINT', leave);
  }

  function leave(): void {
    if (drainer === undefined) left.resolve();
    else drainer.send({ type: 'sigterm' });
  }

  /** What is on its way still goes out: answers to hooks, Events, lines of the log. */
  async function end(): Promise<void> {
    follower?.close();
    observer.close();
    drainer?.close();
    server.close();
    await Promise.all([
      hooks.settled(adoption.inForce.drainMinMs + LAST_ANSWERS_MS),
      api?.close(LAST_WORDS_MS),
    ]);
    await written(LAST_WORDS_MS);
    server.closeAllConnections();
  }

  const server = createAgentServer(answers);
  server.on('connection', observer.accepted);
  const problem = await listen(server, own);
  if (problem !== undefined) {
    observer.close();
    return unparsed(problem);
  }
  server.on('error', error => log.error({ err: error }, 'The server had an error'));
  begin();
  await left.promise;
  await end();
  return parsed(0);
}

/** @returns the containers whose hooks have come, those already released too; not the bare hook, which names nobody. */
function hookedIn(state: State | undefined): ReadonlySet<string> {
  if (state === undefined || state.phase === 'serving') return new Set();
  return new Set([...state.hooks.keys()].filter(name => name !== null));
}
