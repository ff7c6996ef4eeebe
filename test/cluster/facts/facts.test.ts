/** What Kubernetes does, as ARCHITECTURE.md has it: a Kubernetes that changes a fact is noticed by its number. */
import { describe, it } from 'node:test';
import { deleted } from './deleted.ts';
import { evicted } from './evicted.ts';
import { killed } from './killed.ts';
import { onNodeNetwork } from './on-node-network.ts';
import { probed } from './probed.ts';
import { restarted } from './restarted.ts';
import { served } from './served.ts';

describe('what Kubernetes does', { concurrency: 4 }, () => {
  it('when a pod of all kinds of containers is deleted', deleted);
  it('when it evicts a pod', evicted);
  it('when a pod does not leave', killed);
  it("when a pod on its node's network is deleted", onNodeNetwork);
  it('when it probes a pod', probed);
  it('when it restarts a container', restarted);
  it('when pods of a Service are deleted', served);
});
