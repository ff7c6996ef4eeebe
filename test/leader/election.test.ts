import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type Duty,
  duty,
  type Election,
  failed,
  leads,
  missed,
  resignation,
  saw,
  standBy,
  wrote,
} from '../../lib/leader/election.ts';
import { type Claim, type Lease, leaseObject, parseLease } from '../../lib/leader/lease.ts';

const NAME = { name: 'publisher', namespace: 'podusher' };
const STEP_MS = 50;
/** A client gives up then; what it asked for may still be done. */
const GIVEN_UP_AFTER_MS = 2000;

/** An API server with one lease. */
class Server {
  lease: Lease | undefined;
  #version = 0;

  /** @returns the lease as it is now; undefined for a conflict. */
  put(claim: Claim): Lease | undefined {
    if (claim.resourceVersion !== this.lease?.resourceVersion) return undefined;
    this.#version++;
    const { metadata, ...rest } = Object(leaseObject(NAME, claim, '2026-11-22T10:00:00.000000Z'));
    const read = parseLease({ ...rest, metadata: { ...metadata, resourceVersion: String(this.#version) } });
    assert.ok(read.ok);
    this.lease = read.value;
    return this.lease;
  }
}

/** How one request fares: how long to the server and back; lost on the way there or back. */
interface Fare {
  readonly thereMs: number;
  readonly backMs: number;
  readonly isLost: 'there' | 'back' | false;
}

type Answer = (now: number) => void;

/** A process whose clock began at another time, and which may stand still. */
class Candidate {
  election: Election;
  readonly #offset: number;
  readonly #server: Server;
  /** What the network and the server are about to do. */
  #coming: { readonly at: number; readonly act: () => void }[] = [];
  /** What has come in and is not read yet. */
  readonly #inbox: { readonly request: symbol; readonly answer: Answer }[] = [];
  #request: symbol | undefined;

  constructor(name: string, offset: number, server: Server) {
    this.#offset = offset;
    this.#server = server;
    this.election = standBy(name, offset);
  }

  leads(time: number): boolean {
    return leads(this.election, time + this.#offset);
  }

  /** Goes on though the process stands still. */
  deliver(time: number): void {
    const due = this.#coming.filter(({ at }) => at <= time);
    this.#coming = this.#coming.filter(({ at }) => at > time);
    for (const { act } of due) act();
  }

  /** What the process does, unless it stands still. */
  run(time: number, fare: Fare): void {
    const now = time + this.#offset;
    for (const { request, answer } of this.#inbox.splice(0)) {
      if (request !== this.#request) continue;
      this.#request = undefined;
      answer(now);
    }
    if (this.#request !== undefined) return;
    const next = duty(this.election, now);
    if (next.type === 'wait') return;
    const request = Symbol('request');
    this.#request = request;
    const come = (at: number, answer: Answer): void => {
      this.#coming.push({ at, act: () => void this.#inbox.push({ request, answer }) });
    };
    come(time + GIVEN_UP_AFTER_MS, late => {
      this.election = next.type === 'look' ? missed(this.election, late) : failed(this.election, false, late);
    });
    if (fare.isLost === 'there') return;
    const servedAt = time + fare.thereMs;
    const act = (): void => {
      const answer = this.#serve(next, now);
      if (fare.isLost !== 'back') come(servedAt + fare.backMs, answer);
    };
    this.#coming.push({ at: servedAt, act });
  }

  #serve(next: Exclude<Duty, { type: 'wait' }>, sentAt: number): Answer {
    if (next.type === 'look') {
      const lease = this.#server.lease ?? 'none';
      return now => void (this.election = saw(this.election, lease, now));
    }
    const lease = this.#server.put(next.claim);
    return now => {
      this.election =
        lease === undefined ? failed(this.election, true, now) : wrote(this.election, lease, sentAt, now);
    };
  }
}

const GOOD: Fare = { thereMs: 0, backMs: 0, isLost: false };

const latency = fc.oneof(fc.nat(100), fc.nat(2500));

const fares = fc.record({
  thereMs: latency,
  backMs: latency,
  isLost: fc.constantFrom<Fare['isLost']>(false, false, 'there', 'back'),
});

const hours = fc.array(
  fc.record({
    forMs: fc.integer({ min: STEP_MS, max: 8000 }),
    isStill: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    fares: fc.tuple(fares, fares, fares),
  }),
  { maxLength: 20 },
);

test('Election never has two lead at a time, whatever is lost, late or stands still; and one when all is calm', () => {
  const offsets = fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6));
  fc.assert(
    fc.property(offsets, hours, (offset, history) => {
      const server = new Server();
      const candidates = offset.map((ms, index) => new Candidate(`candidate ${index}`, ms, server));
      let time = 0;
      const pass = (forMs: number, still: readonly boolean[], fare: readonly Fare[]): void => {
        for (const end = time + forMs; time < end; time += STEP_MS) {
          for (const [index, candidate] of candidates.entries()) {
            candidate.deliver(time);
            if (!still[index]) candidate.run(time, fare[index] ?? GOOD);
          }
          const leaders = candidates.filter(candidate => candidate.leads(time));
          assert.ok(leaders.length <= 1, `${leaders.length} lead at ${time} ms`);
        }
      };
      for (const { forMs, isStill, fares: fare } of history) pass(forMs, isStill, fare);
      pass(12_000, [], []);
      assert.equal(candidates.filter(candidate => candidate.leads(time)).length, 1);
    }),
    { numRuns: 300 },
  );
});

/** Time passes for candidates with one clock and a server that answers at once. */
function elect(server: Server, all: Election[], from: number, to: number): void {
  for (let now = from; now < to; now += STEP_MS) {
    for (const [index, election] of all.entries()) {
      const next = duty(election, now);
      if (next.type === 'look') all[index] = saw(election, server.lease ?? 'none', now);
      if (next.type !== 'write') continue;
      const lease = server.put(next.claim);
      all[index] = lease === undefined ? failed(election, true, now) : wrote(election, lease, now, now);
    }
  }
}

test('Election is taken over within 6 s when the leader is killed, and at once when it resigns', () => {
  const server = new Server();
  const all = [standBy('first', 0), standBy('second', 0)];
  elect(server, all, 0, 20_000);
  const [first = standBy('', 0)] = all;
  assert.ok(leads(first, 20_000));
  const claim = resignation(first, 20_000);
  assert.ok(claim !== undefined && server.put(claim) !== undefined);
  const second = all.slice(1);
  elect(server, second, 20_000, 20_600);
  assert.ok(leads(second[0] ?? first, 20_600));
  assert.equal(server.lease?.transitions, 1);
  const third = [standBy('third', 20_600)];
  elect(server, third, 20_600, 25_000);
  assert.ok(!leads(third[0] ?? first, 25_000), 'the killed one may still lead');
  elect(server, third, 25_000, 26_600);
  assert.ok(leads(third[0] ?? first, 26_600));
});

test('missed() leaves the time of the standby running while its looks fail', () => {
  const server = new Server();
  elect(server, [standBy('first', 0)], 0, 1000);
  const all = [standBy('second', 1000)];
  elect(server, all, 1000, 1050);
  let [second = standBy('', 0)] = all;
  for (let now = 1050; now < 5900; now += STEP_MS) {
    const { type } = duty(second, now);
    assert.notEqual(type, 'write', 'the first may still lead');
    if (type === 'look') second = missed(second, now);
  }
  const last = [second];
  elect(server, last, 5900, 6500);
  assert.ok(leads(last[0] ?? second, 6500));
});

test('Election ends when another is seen to hold the lease', () => {
  const server = new Server();
  const all = [standBy('first', 0)];
  elect(server, all, 0, 1000);
  const thief = { holder: 'thief', durationMs: 5000, transitions: 1, acquireTime: undefined };
  server.put({ ...thief, resourceVersion: server.lease?.resourceVersion });
  elect(server, all, 1000, 2100);
  assert.ok(!leads(all[0] ?? standBy('', 0), 2100));
});

test('parseLease() gives a lease or a problem, whatever it is given', () => {
  fc.assert(
    fc.property(fc.anything(), object => {
      assert.equal(typeof parseLease(object).ok, 'boolean');
    }),
  );
  assert.ok(!parseLease({ metadata: {} }).ok);
  const bare = parseLease({ metadata: { resourceVersion: '7' } });
  assert.deepEqual(bare.ok && [bare.value.holder, bare.value.durationMs], [undefined, 15_000]);
});

test('parseLease() takes a lease that somebody edited to nonsense for one that can be claimed', () => {
  const holderIdentity = 'a'.repeat(5000);
  const spec = { holderIdentity, leaseDurationSeconds: -1, leaseTransitions: 2 ** 31 - 1, acquireTime: null };
  const read = parseLease({ metadata: { resourceVersion: '7' }, spec });
  assert.ok(read.ok);
  const { holder, durationMs, transitions } = read.value;
  assert.deepEqual([holder, durationMs, transitions], [holderIdentity, 15_000, 0]);
});
