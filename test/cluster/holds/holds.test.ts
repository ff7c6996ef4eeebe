/** What holds when a pod is evicted, its node drained, a container restarted, its agent killed: on real kubelets. */
import { describe, it } from 'node:test';
import { agentKilled } from './agent-killed.ts';
import { annotatedNonsense, serviceDeleted } from './annoyed.ts';
import { crashLooping } from './crash-looping.ts';
import { drained } from './drained.ts';
import { evicted } from './evicted.ts';
import { outOfMemory } from './out-of-memory.ts';
import { overdue } from './overdue.ts';
import { agentRestarted, appRestarted, startupFailed } from './restarted.ts';
import { cut, shortened } from './shortened.ts';

describe('what holds when', { concurrency: 4 }, () => {
  it('kubectl drain, with a budget: the whole sequence, one pod after the other', drained);
  it('delete with a shorter grace period: all of it in order where it fits', shortened);
  it('delete with a grace period that is too short: the kubelet cuts it', cut);
  it('an emptyDir over its limit: the kubelet cuts it', evicted);
  it('a pod past its activeDeadlineSeconds: the whole sequence, though nobody has deleted it', overdue);
  it("the app's liveness probe fails: a restart's drain", appRestarted);
  it("its startup probe fails: a restart's drain", startupFailed);
  it("the agent's liveness probe fails: nothing drains", agentRestarted);
  it('a container is killed for its memory: readiness by verdict, and nobody waits', outOfMemory);
  it('a non-critical container crash-loops through a drain', crashLooping);
  it('its Service is deleted in a drain: in order, and no request is cut', serviceDeleted);
  it('its annotations are edited to nonsense, before and in a drain: the same', annotatedNonsense);
  it('the agent is killed in a drain: as with no hook', agentKilled);
});
