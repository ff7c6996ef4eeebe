import { randomUUID } from 'node:crypto';
import { readJson } from '../../lib/kubernetes/answer.ts';
import {
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
import { type Claim, leaseObject, parseLease } from '../../lib/leader/lease.ts';
import type { Answer, ApiClient, Limits } from '../kubernetes/client.ts';

/** Takes part in the election, and tells whether this one leads. */
export interface Leader {
  readonly self: string;
  /** Who holds the lease as it was last seen; undefined where nobody does, or nobody knows. */
  readonly holder: string | undefined;
  /** How long it leads for sure, in ms; 0 where it does not. To be asked right before each write. */
  readonly leadsForMs: number;
  /** Takes part from now on. Before all has been read it must not: it would keep out who can do the work. */
  takePart(): void;
  /** Gives the lease up where it leads; takes part no more. */
  resign(): Promise<void>;
}

export interface LeaderParts {
  readonly client: ApiClient;
  readonly lease: { readonly name: string; readonly namespace: string };
  /** The host's name, which tells people who leads. */
  readonly host: string;
  /** Ms by a clock that goes on while the process is stopped. */
  readonly now: () => number;
  /** Whether it knows enough to lead. Where it does not it claims nothing, and lets what it has run out. */
  readonly mayLead: () => boolean;
  /** It has begun to lead, or has ceased to. */
  readonly changed: (isLeading: boolean) => void;
  /** The API server has answered again, after it did not. @param awayMs since that was found. */
  readonly returned: (awayMs: number) => void;
  /** The lease could not be read or written: each reason once, until all has gone well for a minute. */
  readonly refused: (reason: string) => void;
}

/** Two of them fit into the time for which a leader goes on leading. */
const LIMITS: Limits = { headMs: 1500, quietMs: 500, wholeMs: 1500 };
const MOST_BYTES = 256 * 1024;
/** One that may be read and not written fails and goes well by turns. */
const WELL_AFTER_MS = 60_000;
/** Reasons that are told: they may be another each time. */
const MOST_TOLD = 5;
const NOT_FOUND = 404;
const CONFLICT = 409;

/** @returns one who takes part once it is told to. */
export function createLeader(parts: LeaderParts): Leader {
  const { client, lease, host, now, mayLead, changed, returned, refused } = parts;
  const self = `${host}_${randomUUID()}`;
  const folder = `/apis/coordination.k8s.io/v1/namespaces/${lease.namespace}/leases`;
  const path = `${folder}/${lease.name}`;
  const controller = new AbortController();
  const { signal } = controller;
  let election: Election = standBy(self, now());
  let isLeading = false;
  /** Since when nothing has been answered. */
  let awaySince: number | undefined;
  const told = new Set<string>();
  let refusedAt = now();
  let timer: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;

  /** Also when no request is answered for long: the time of leading is over by the clock. */
  function tell(): void {
    clearTimeout(ending);
    const leadsNow = leads(election, now());
    if (leadsNow) ending = setTimeout(tell, Math.max(1, leadsForMs()));
    if (leadsNow === isLeading) return;
    isLeading = leadsNow;
    changed(isLeading);
  }

  function leadsForMs(): number {
    return leads(election, now()) ? (election.leadsUntil ?? 0) - now() : 0;
  }

  /** @param problem what is wrong with the lease that was answered. */
  function heard(answer: Answer, problem?: string): void {
    const isThere = answer.ok || answer.failure.code !== undefined;
    if (isThere && awaySince !== undefined) returned(now() - awaySince);
    awaySince = isThere ? undefined : (awaySince ?? now());
    const isFine = answer.ok || answer.failure.code === NOT_FOUND || answer.failure.code === CONFLICT;
    const reason = isFine ? problem : answer.failure.reason;
    if (reason !== undefined && !signal.aborted) tellOnce(reason);
  }

  function tellOnce(reason: string): void {
    if (now() - refusedAt >= WELL_AFTER_MS) told.clear();
    refusedAt = now();
    if (told.has(reason) || told.size >= MOST_TOLD) return;
    told.add(reason);
    refused(reason);
  }

  async function look(): Promise<void> {
    const answer = await client.ask({ path, signal }, LIMITS, MOST_BYTES);
    const read = answer.ok ? parseLease(readJson(answer.body)) : undefined;
    heard(answer, read?.ok === false ? read.problems.join('; ') : undefined);
    if (read?.ok === true) election = saw(election, read.value, now());
    else if (!answer.ok && answer.failure.code === NOT_FOUND) election = saw(election, 'none', now());
    else election = missed(election, now());
  }

  function put(claim: Claim): Promise<Answer> {
    const body = leaseObject(lease, claim, new Date().toISOString().replace('Z', '000Z'));
    const isNew = claim.resourceVersion === undefined;
    return client.ask(
      isNew ? { path: folder, body, signal } : { path, method: 'PUT', body, signal },
      LIMITS,
      MOST_BYTES,
    );
  }

  async function claimIt(claim: Claim): Promise<void> {
    const sentAt = now();
    const answer = await put(claim);
    heard(answer);
    const read = answer.ok ? parseLease(readJson(answer.body)) : undefined;
    if (read?.ok === true && read.value.holder === self) {
      election = wrote(election, read.value, sentAt, now());
      return;
    }
    const { code } = answer.ok ? {} : answer.failure;
    election = failed(election, code === CONFLICT || code === NOT_FOUND, now());
  }

  async function turn(): Promise<void> {
    const next = duty(election, now());
    if (next.type === 'write' && mayLead()) await claimIt(next.claim);
    else if (next.type !== 'wait') await look();
    // What is free is no reason to look again at once.
    if (next.type !== 'wait' && !mayLead()) election = missed(election, now());
    if (signal.aborted) return;
    tell();
    const after = duty(election, now());
    const waitMs = after.type === 'wait' ? after.until - now() : 0;
    timer = setTimeout(begin, Math.max(1, waitMs));
  }

  let current: Promise<void> = Promise.resolve();
  function begin(): void {
    current = turn();
  }

  return {
    self,
    get holder(): string | undefined {
      const seen = election.seen?.lease;
      return typeof seen === 'object' ? seen.holder : undefined;
    },
    get leadsForMs(): number {
      return leadsForMs();
    },
    takePart: begin,
    async resign(): Promise<void> {
      clearTimeout(timer);
      await current;
      clearTimeout(timer);
      clearTimeout(ending);
      const claim = resignation(election, now());
      election = { ...election, leadsUntil: undefined };
      if (claim !== undefined) await put(claim);
      controller.abort();
      isLeading = false;
    },
  };
}
