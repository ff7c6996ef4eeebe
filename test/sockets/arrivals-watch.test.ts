import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsed, unparsed } from '../../lib/parsed.ts';
import { socketLike } from '../connections/sockets.ts';
import { AUTH, Pod } from './arrivals-pod.ts';

test('ArrivalsWatch counts what the kernel has accepted, in a drain, and no more often lists than it must', () => {
  const pod = new Pod();
  pod.look();
  pod.accept(3);
  assert.equal(pod.arrivals(), 3);
  const lists = pod.timeWaitLists;
  assert.equal(pod.arrivals(), 3);
  assert.equal(pod.timeWaitLists, lists);
});

test('ArrivalsWatch has news once others have opened a connection since the last look, and not for the agent’s', () => {
  const pod = new Pod();
  assert.equal(pod.watch.hasNews(), false, 'nothing was looked at yet');
  pod.look();
  assert.equal(pod.watch.hasNews(), false);
  pod.probe();
  assert.equal(pod.watch.hasNews(), false);
  pod.accept();
  assert.equal(pod.watch.hasNews(), true);
  pod.look();
  assert.equal(pod.watch.hasNews(), false);
});

test('ArrivalsWatch tells an arrival no earlier than it came, though the look had begun before', () => {
  const pod = new Pod();
  pod.look();
  pod.accept();
  pod.lookMs = 200;
  pod.look();
  const readAt = pod.now;
  pod.lookMs = 0;
  assert.equal(pod.look().lastArrivalAt, readAt);
});

test('ArrivalsWatch makes no list for what the agent itself has opened and accepted, and misses no other', () => {
  const pod = new Pod();
  pod.look();
  const lists = pod.timeWaitLists;
  pod.probe({ isReset: true });
  pod.accept();
  pod.watch.accepted();
  assert.equal(pod.arrivals(), 0);
  assert.equal(pod.timeWaitLists, lists);
  pod.probe();
  pod.inside();
  pod.accept();
  assert.equal(pod.arrivals(), 1, 'one from within the pod, and one arrival');
});

test('ArrivalsWatch lists less often, when that takes long, and still counts all', () => {
  const pod = new Pod();
  pod.listMs = 20;
  pod.look();
  const lists = pod.timeWaitLists;
  for (let i = 0; i < 20; i++) {
    pod.accept();
    pod.look();
  }
  assert.ok(pod.timeWaitLists - lists <= 6, `${pod.timeWaitLists - lists} lists in 2 s`);
  for (let i = 0; i < 6; i++) pod.look();
  assert.equal(pod.look().count, 20);
});

test('ArrivalsWatch takes no connection within the pod for an arrival when the agent tells its own late', () => {
  const pod = new Pod();
  pod.look();
  pod.accept();
  pod.look();
  pod.watch.accepted();
  pod.inside();
  assert.equal(pod.arrivals(), 0);
});

test('ArrivalsWatch does not count what the agent accepts, even when it says so late', () => {
  const pod = new Pod();
  pod.look();
  for (let i = 0; i < 10; i++) {
    pod.accept();
    pod.look();
    pod.watch.accepted();
    pod.look();
  }
  assert.equal(pod.look().count, 0);
});

test('ArrivalsWatch does not count what waits for the agent to accept it, however long', () => {
  const pod = new Pod();
  pod.look();
  const agentPort = { address: '::', port: 8866 };
  const backlog = (unread: number): void => {
    const appPort = { ...agentPort, port: 3000 };
    const sockets = [agentPort, appPort].map(local => socketLike({ state: 'listen', local, unread }));
    pod.live = parsed(sockets);
  };
  pod.accept(2);
  backlog(2);
  assert.equal(pod.arrivals(), 0);
  assert.equal(pod.arrivals(), 0);
  pod.watch.accepted();
  pod.watch.accepted();
  backlog(0);
  assert.equal(pod.arrivals(), 0);
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch does not count connections within the pod', () => {
  const pod = new Pod();
  pod.inside();
  pod.look();
  for (let i = 0; i < 20; i++) pod.inside();
  assert.equal(pod.arrivals(), 0);
  pod.accept();
  pod.inside();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch takes each of the agent’s probes off once, whether TIME-WAIT shows it or not', () => {
  const pod = new Pod();
  pod.look();
  for (const isReset of [false, true, false, true]) {
    pod.probe({ isReset });
    pod.look();
  }
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

test('ArrivalsWatch takes a connection from within the pod to the agent off once: as accepted', () => {
  const pod = new Pod();
  pod.look();
  const { local } = pod.inside();
  pod.timeWait.push(
    socketLike({ cookie: 99_999, state: 'time-wait', local, remote: { ...AUTH, port: 8866 } }),
  );
  pod.accept();
  pod.watch.accepted();
  pod.accept();
  assert.equal(pod.arrivals(), 1);
});

/** What the first look of a drain tells, after so many connections from outside a second, and others. */
function lookAfter(outside: number): string {
  const pod = new Pod();
  pod.serve(90, () => {
    pod.accept(outside);
    pod.inside();
    pod.probe();
    pod.probe({ isReset: true });
    pod.accept();
    pod.watch.accepted();
  });
  const { verdict } = pod.look();
  return verdict.type === 'untold' ? verdict.because : verdict.type;
}

test('ArrivalsWatch knows the rate before the drain, without what is within the pod or the agent’s own', () => {
  assert.equal(lookAfter(2), 'arriving');
  assert.match(lookAfter(0), /^Not one arrival is expected within 12000 ms: there were 0\.\d{3} a second$/);
});

test('ArrivalsWatch tells nothing, and why, when the counter cannot be used', () => {
  const unreadable = new Pod();
  unreadable.passiveOpens = unparsed('/proc/net/snmp cannot be read: EACCES');
  const { verdict } = unreadable.look();
  assert.deepEqual(verdict, { type: 'untold', because: '/proc/net/snmp cannot be read: EACCES' });
  const unlisted = new Pod();
  unlisted.live = unparsed('EPERM');
  assert.deepEqual(unlisted.look().verdict, { type: 'untold', because: 'EPERM' });
  const shared = new Pod({ hostNetwork: true });
  shared.serve(20, () => shared.accept(20));
  assert.deepEqual(shared.look().verdict, {
    type: 'untold',
    because: "The node's own network counts everybody's connections",
  });
});

test('ArrivalsWatch begins anew with each drain', () => {
  const pod = new Pod();
  pod.look();
  pod.accept(5);
  assert.equal(pod.arrivals(), 5);
  pod.watch.reset();
  assert.equal(pod.arrivals(), 0);
});
