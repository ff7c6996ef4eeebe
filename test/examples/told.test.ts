/** What the tests on the cluster make of what they recorded. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Outcome } from '../../agent/rehearse/load/outcome.ts';
import type { KubeletEntry } from '../../lib/kubelet/entry.ts';
import { kubeletEntriesOf } from '../cluster/kubelet-log.ts';
import { lossesOf } from '../cluster/rails-auth/losses.ts';
import { toldOf } from '../cluster/rails-auth/told.ts';

const POD = { namespace: 'shop', name: 'shop-1', uid: 'befa5e00', gracePeriodMs: 30_000 };
const DELETED_AT = new Date('2026-11-22T06:15:12.310').getTime();
const NOW = DELETED_AT + 60_000;

/** A line as a kubelet of 1.36.3 writes it. */
function line(time: string, message: string, container?: string, more = ''): string {
  const head = `I1122 06:15:${time}      42 kuberuntime_container.go:909] "${message}"`;
  if (container === undefined) return `${head} ${more}`;
  return `${head} pod="shop/shop-1" podUID="befa5e00" containerName="${container}" containerID="containerd://e1" ${more}`;
}

const LOG = [
  line('12.310961', 'SyncLoop DELETE', undefined, 'source="api" pods=["shop/shop-1"]'),
  line('12.311590', 'Killing container with a grace period override', 'rails', 'gracePeriod=30'),
  line('12.312057', 'Running preStop hook', 'auth'),
  line('12.312174', 'Running preStop hook', 'rails'),
  line('12.412174', 'Running preStop hook', 'statsd'),
  `E1122 06:15:12.500000      42 kuberuntime_container.go:790] "PreStop hook failed" err="EOF" pod="shop/shop-1" podUID="befa5e00" containerName="statsd" containerID="containerd://e1"`,
  line('12.500100', 'PreStop hook completed', 'statsd'),
  line('12.500200', 'Killing container with a grace period', 'statsd', 'gracePeriod=30'),
  line('12.600000', 'Container exited normally', 'statsd'),
  line('17.695357', 'PreStop hook completed', 'rails'),
  line('17.695406', 'Killing container with a grace period', 'rails', 'gracePeriod=25'),
  line('42.313349', 'PreStop hook not completed in grace period', 'auth', 'gracePeriod=30'),
  line('42.313419', 'Killing container with a grace period', 'auth', 'gracePeriod=2'),
  line('42.466820', 'Container exited normally', 'auth'),
  line('43.230220', 'Container exited normally', 'rails'),
  line('44.277816', 'SyncLoop DELETE', undefined, 'source="api" pods=["shop/shop-1"]'),
].join('\n');

/** @returns as `12.31 deleted`, the seconds first. */
function brief(entry: KubeletEntry): string {
  const seconds = (12.31 + (entry.at - DELETED_AT) / 1000).toFixed(2);
  const container = 'container' in entry ? ` ${entry.container}` : '';
  if (entry.type === 'signal') return `${seconds}${container} ${entry.signal}`;
  if (entry.type === 'hook-ended') return `${seconds}${container} ${entry.outcome}`;
  return `${seconds}${container} ${entry.type}`;
}

describe('kubeletEntriesOf()', () => {
  it('tells the deletion, hooks, signals and ends of a pod', () => {
    assert.deepEqual(kubeletEntriesOf(LOG, POD, NOW).map(brief), [
      '12.31 deleted',
      '12.31 auth hook-began',
      '12.31 rails hook-began',
      '12.41 statsd hook-began',
      '12.50 statsd failed',
      '12.50 statsd SIGTERM',
      '12.60 statsd exited',
      '17.70 rails answered',
      '17.70 rails SIGTERM',
      '42.31 auth abandoned',
      '42.31 auth SIGTERM',
      '42.47 auth exited',
      '43.23 rails SIGKILL',
      '43.23 rails exited',
    ]);
  });

  it('leaves other pods out', () => {
    assert.deepEqual(kubeletEntriesOf(LOG, { ...POD, name: 'shop-2', uid: 'other' }, NOW), []);
  });

  it('takes a day that is yet to come for one of last year', () => {
    const [deleted] = kubeletEntriesOf(LOG, POD, new Date('2027-01-01T00:00:00').getTime());
    assert.equal(deleted?.at, DELETED_AT);
  });
});

const MINUTE = new Date('2026-11-22T06:15:00').getTime();

/** A request, in ms since the minute's beginning. */
function outcome(type: Outcome['type'], from: number, to: number): Outcome {
  const ended = { startedAt: MINUTE + from, endedAt: MINUTE + to };
  if (type === 'ok') return { ...ended, type };
  return type === 'status' ? { ...ended, type, status: 500 } : { ...ended, type, reason: type };
}

const OUTCOMES = [
  outcome('ok', 12_000, 12_020),
  outcome('status', 42_200, 42_302),
  outcome('status', 42_300, 42_502),
  outcome('broken', 43_210, 43_235),
  outcome('unanswered', 18_000, 28_000),
  outcome('broken', 20_000, 20_005),
  outcome('unanswered', 17_600, 27_600),
  outcome('unanswered', 43_300, 53_300),
];

describe('lossesOf()', () => {
  const times = { graceEndsAt: MINUTE + 42_310, railsEnds: [MINUTE + 43_230] };

  it('tells apart what the end of the grace period, the kill and the leaving took, and all else', () => {
    const { other, ...losses } = lossesOf(OUTCOMES, { ...times, leavesAt: MINUTE + 43_230 });
    assert.deepEqual(losses, { sent: 8, http500: 1, http500AfterGrace: 1, cut: 1, refused: 1 });
    assert.deepEqual(other, OUTCOMES.slice(4, 7));
  });

  it('takes what came to a Rails that had been told to leave, and left, for refused', () => {
    const railsEnds = [MINUTE + 18_000];
    const left = { ...times, railsEnds, leavesAt: MINUTE + 17_695 };
    const inFlight = outcome('broken', 17_600, 18_000);
    const { cut, refused } = lossesOf([inFlight, outcome('broken', 17_700, 18_000)], left);
    assert.deepEqual([cut, refused], [1, 1]);
  });

  it('excuses no refusal while another pod serves', () => {
    const { other, refused } = lossesOf(OUTCOMES, { ...times, leavesAt: undefined });
    assert.deepEqual([refused, other.length], [0, 4]);
  });
});

describe('toldOf()', () => {
  const states = [
    { status: { containerStatuses: [{ name: 'auth', state: { running: {} } }] } },
    {
      status: {
        containerStatuses: [
          { name: 'auth', state: { terminated: { exitCode: 143, finishedAt: '2026-11-22T06:15:42Z' } } },
        ],
      },
    },
  ];
  const agentLog = `{"level":"info","time":"2026-11-22T06:15:17.690Z","entry":{"at":${DELETED_AT + 5380},"type":"released","container":"rails","because":"drain over"},"msg":"…"}`;
  const outcomes = { new: OUTCOMES, kept: OUTCOMES.slice(0, 5) };
  const recorded = { pod: POD, outcomes, kubeletLog: LOG, agentLog, states, deletedAt: DELETED_AT, now: NOW };

  it('brings the kubelet, the agent and the clients into one story', () => {
    const { timeline, terminationMs, losses } = toldOf({ ...recorded, isReplaced: false });
    assert.deepEqual(
      timeline.map(({ at }) => at),
      timeline.map(({ at }) => at).toSorted((a, b) => a - b),
    );
    assert.deepEqual(new Set(timeline.map(({ actor }) => actor)), new Set(['kubelet', 'podusher', 'load']));
    const authEnd = timeline.find(entry => entry.type === 'exited' && entry.container === 'auth');
    assert.ok(authEnd?.type === 'exited' && authEnd.code === 143);
    assert.equal(Math.round(terminationMs), 30_920);
    assert.deepEqual([losses.new.cut, losses.new.refused, losses.new.other.length], [0, 5, 0]);
    assert.deepEqual([losses.kept.sent, losses.kept.cut, losses.kept.refused], [5, 1, 0]);
  });

  it('makes do with the API where the kubelet cannot be asked', () => {
    const { timeline } = toldOf({ ...recorded, kubeletLog: null, isReplaced: false });
    const ofKubelet = timeline.filter(({ actor }) => actor === 'kubelet');
    assert.deepEqual(
      ofKubelet.map(({ type }) => type),
      ['pod-ready', 'deleted', 'exited'],
    );
  });

  it('takes what broke as Rails ended for cut, though the kubelet logs the end late', () => {
    const at = Date.parse('2026-11-22T06:15:41Z') + 300;
    const broken: Outcome = { startedAt: at - 100, endedAt: at, type: 'broken', reason: 'closed' };
    const end = { exitCode: 137, finishedAt: '2026-11-22T06:15:41Z' };
    const ended = { status: { containerStatuses: [{ name: 'rails', state: { terminated: end } }] } };
    const cut = (pod: object): number => {
      const kept = [broken];
      const story = { ...recorded, outcomes: { new: [], kept }, states: [pod], isReplaced: true };
      return toldOf(story).losses.kept.cut;
    };
    assert.deepEqual([cut(states[0] ?? {}), cut(ended)], [0, 1]);
  });

  it('knows no excuse for a refusal when another pod takes over', () => {
    const { losses } = toldOf({ ...recorded, isReplaced: true });
    assert.equal(losses.new.other.length, 4);
  });
});
