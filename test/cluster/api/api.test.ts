/** The agent with API access, on a real API server: what it knows more, and what it may ask. */
import { describe, it } from 'node:test';
import { notRecut, proven, recut, restarted, unproven } from './deleted.ts';
import { described, forbidden, limited } from './events.ts';
import { heard, unheard } from './exec-probe.ts';
import { enough, lacking, RIGHTS, tokenless } from './granted.ts';

describe('the agent with API access', { concurrency: 4 }, () => {
  it('Events are rate-limited', limited);
  it('without it, an agent without a hook takes a termination for restarts, and loses the order', unproven);
  it('a deletion proves a termination at once', proven);
  it('a restart is one, and no termination, with it too', restarted);
  it('without it, a shorter grace period is not known: no container is released in time', notRecut);
  it('a shorter grace period cuts the budgets: everything is released in order before it ends', recut);
  it('without it, an exec probe has no part in /ready', unheard);
  it("an exec probe takes part in /ready by the kubelet's verdict", heard);
  it('Events on the pod tell its story', described);
  it('Events that are forbidden are told of once, and nothing else changes', forbidden);
  it('the Role that is deployed is enough', enough);
  for (const right of RIGHTS)
    it(
      `without the right to ${right.verb} ${right.resource} the agent says so, and the pod goes in order`,
      lacking(right),
    );
  it('no token is needed without it', tokenless);
});
