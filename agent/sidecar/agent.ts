import { once } from 'node:events';
import { hostname } from 'node:os';
import type { Effect } from '../../lib/drain/event.ts';
import type { AgentSettings } from '../../lib/settings/agent-settings.ts';
import { type Parsed, parsed, unparsed } from '../../lib/settings/parsed.ts';
import type { Settings } from '../../lib/settings/settings.ts';
import { codeOf } from '../error-code.ts';
import { createAnswers } from './answers.ts';
import { createActions } from './drain-actions.ts';
import { createDrainer, type Drainer } from './drainer.ts';
import { createHooks } from './hooks.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { createObserver } from './observer.ts';
import { createAgentServer } from './server.ts';
import { followSettings, type SettingsInForce, type SettingsSource } from './settings-keeper.ts';
import { createStory } from './story.ts';

/** What an agent is started with. */
export interface AgentParts {
  readonly own: AgentSettings;
  readonly source: SettingsSource;
  readonly inForce: SettingsInForce;
  readonly token: string | undefined;
  /** Ms since the epoch, never going back. */
  readonly now: () => number;
}

/** How long the last answers may take to leave once the agent has been told to go. */
const LAST_ANSWERS_MS = 1000;

/**
 * Wires the agent and runs it until it may leave: hooks and signals go to the drain, samples and verdicts too, and
 * the drain's effects go out again.
 *
 * @returns the exit status, or why it could not listen
 */
export async function runAgent(parts: AgentParts): Promise<Parsed<number>> {
  const { own, source, token, now } = parts;
  const log = createLog(own.logLevel);
  const metrics = createMetrics();
  const story = createStory(log, metrics);
  const left = Promise.withResolvers<void>();
  let inForce = parts.inForce;
  let drainer: Drainer | undefined;

  const observer = createObserver({
    own,
    now,
    metrics,
    sampled: sample => drainer?.send({ type: 'sample', sample }),
    changed: () => answers.refresh(),
  });
  const hooks = createHooks({
    settings: () => (drainer === undefined ? undefined : inForce.settings),
    drainMinMs: () => inForce.drainMinMs,
    token,
    arrived: container => drainer?.send({ type: 'hook', container }),
    left: container => drainer?.send({ type: 'hook-left', container }),
    unplaced: (reason, container) => log.warn({ container }, `A hook is held for drain-min: ${reason}`),
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
    inForce: () => inForce,
    state: () => drainer?.state,
  });
  const act = createActions({ request: observer.request, log, metrics });

  function carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'answer':
        return hooks.answer(effect.container, effect.because);
      case 'act':
        return act(inForce.settings?.containers ?? []);
      case 'reset':
        return observer.reset(effect.container);
      case 'tell': {
        const state = drainer?.state;
        return story.tell(
          effect.entry,
          state === undefined || state.phase === 'serving' ? now() : state.since,
        );
      }
      case 'exit':
        return left.resolve();
    }
  }

  function apply(settings: Settings): void {
    observer.reconfigure(settings);
    if (drainer !== undefined) return drainer.send({ type: 'settings', settings });
    drainer = createDrainer({
      settings,
      now,
      carryOut,
      changed: ({ phase }) => {
        observer.watchDrain(phase !== 'serving');
        story.phase(phase);
        answers.refresh();
      },
    });
    story.phase('serving');
  }

  function tellSettings(): void {
    metrics.set('podusher_settings_problems', inForce.problems.length);
    metrics.set('podusher_settings_applied_timestamp_seconds', inForce.appliedAt / 1000);
    const { hash, problems } = inForce;
    if (problems.length > 0) log.error({ problems }, 'The annotations are bad; what was in effect stays');
    else log.info({ hash }, 'Settings applied');
    answers.refresh();
  }

  const server = createAgentServer(answers);
  server.on('connection', observer.accepted);
  try {
    server.listen(own.port, own.listenAddress);
    await once(server, 'listening');
  } catch (error) {
    observer.close();
    return unparsed(
      `Cannot listen on port ${own.port} of ${own.listenAddress}: ${codeOf(error)}; set another with --port`,
    );
  }
  if (inForce.settings !== undefined) apply(inForce.settings);
  tellSettings();
  log.info({ port: own.port }, `Listening on port ${own.port}`);
  const unfollow = followSettings(source, inForce, next => {
    const isNew = next.settings !== undefined && next.settings !== inForce.settings;
    inForce = next;
    if (isNew && next.settings !== undefined) apply(next.settings);
    tellSettings();
  });
  const leave = (): void => (drainer === undefined ? left.resolve() : drainer.send({ type: 'sigterm' }));
  process.on('SIGTERM', leave).on('SIGINT', leave);

  await left.promise;
  unfollow();
  observer.close();
  drainer?.close();
  server.close();
  await hooks.settled(inForce.drainMinMs + LAST_ANSWERS_MS);
  server.closeAllConnections();
  return parsed(0);
}
