/**
 * Services that have to be reconciled. What changes while one waits is done with it; what changes while it is in work
 * makes it wait again. A Service is in work once at most.
 *
 * In work it is from `take()` to `done()`, `planAgain()` or `retry()`; also while its plan waits in a lane. Where a change
 * has overtaken a plan that waits there, the Service is in both for a while: in its lane, where it keeps its turn, and here
 * by `planAgain()`. Whichever comes first has it planned anew: the queue by `take()`, or the lane by `takeNow()`.
 */

export interface Job {
  /** Since when there has been something to do, in ms. */
  readonly since: number;
  /** Not before. */
  readonly dueAt: number;
  /** In a row. */
  readonly failures: number;
  /** A change makes it due sooner, but not before this. */
  readonly soonestAt: number;
}

/** A change makes one that failed due again, but no sooner after the failure than this, nor than the API server asked. */
const AFTER_FAILURE_MS = 1000;

interface InWork {
  readonly job: Job;
  /** How often it has changed since it was taken, and since when. */
  changes: number;
  changedAt: number | undefined;
}

export class Queue {
  readonly #waiting = new Map<string, Job>();
  readonly #working = new Map<string, InWork>();

  get size(): number {
    return this.#waiting.size + this.#working.size;
  }

  /** @returns since when the Service that has waited longest has; undefined where none does. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { since } of this.#waiting.values()) oldest = Math.min(since, oldest ?? since);
    for (const { job } of this.#working.values()) oldest = Math.min(job.since, oldest ?? job.since);
    return oldest;
  }

  add(key: string, now: number): void {
    const work = this.#working.get(key);
    if (work !== undefined) {
      work.changes++;
      work.changedAt ??= now;
      return;
    }
    const job = this.#waiting.get(key);
    if (job === undefined) this.#waiting.set(key, fresh(now, now));
    else this.#waiting.set(key, sooner(job));
  }

  /** @returns a Service that is due, which is in work from now on; undefined where none is. */
  take(now: number): string | undefined {
    for (const [key, job] of this.#waiting) {
      if (job.dueAt > now) continue;
      this.#take(key, job);
      return key;
    }
    return undefined;
  }

  /** As `take()`, for one that is due or not. @returns whether it waited. */
  takeNow(key: string): boolean {
    const job = this.#waiting.get(key);
    if (job !== undefined) this.#take(key, job);
    return job !== undefined;
  }

  #take(key: string, job: Job): void {
    this.#waiting.delete(key);
    this.#working.set(key, { job, changes: 0, changedAt: undefined });
  }

  /** @returns when the next one is due; undefined where none waits. */
  nextAt(): number | undefined {
    let next: number | undefined;
    for (const { dueAt } of this.#waiting.values()) next = Math.min(dueAt, next ?? dueAt);
    return next;
  }

  /** @returns the job that is in work. */
  job(key: string): Job | undefined {
    return this.#working.get(key)?.job;
  }

  /** @returns how often something has changed since it was taken. */
  changes(key: string): number {
    return this.#working.get(key)?.changes ?? 0;
  }

  /**
   * It is to be planned anew, for its plan is out of date. What failed before is forgotten: something was made since, or
   * the change may have mended it.
   * @param dueAt not before, unless `takeNow()` asks for it.
   */
  planAgain(key: string, dueAt: number): void {
    const work = this.#working.get(key);
    if (work === undefined) return;
    this.#working.delete(key);
    this.#waiting.set(key, fresh(work.job.since, dueAt));
  }

  /** All is done that was to do when it was taken. */
  done(key: string): void {
    const work = this.#working.get(key);
    this.#working.delete(key);
    if (work?.changedAt !== undefined) this.#waiting.set(key, fresh(work.changedAt, work.changedAt));
  }

  /**
   * It is to be tried again; soon, where something has changed meanwhile.
   * @param waitMs for the number of failures in a row.
   * @param askedMs what the API server has asked for: never less.
   */
  retry(key: string, now: number, waitMs: (failures: number) => number, askedMs = 0): void {
    const work = this.#working.get(key);
    if (work === undefined) return;
    this.#working.delete(key);
    const failures = work.job.failures + 1;
    const dueAt = now + Math.max(askedMs, waitMs(failures));
    const soonestAt = now + Math.max(askedMs, AFTER_FAILURE_MS);
    const job = { since: work.job.since, dueAt, failures, soonestAt };
    this.#waiting.set(key, work.changedAt === undefined ? job : sooner(job));
  }

  /** Forgets what waits, and what has changed of those in work. */
  clear(): void {
    this.#waiting.clear();
    for (const [key, { job }] of this.#working) this.#take(key, job);
  }
}

function fresh(since: number, dueAt: number): Job {
  return { since, dueAt, failures: 0, soonestAt: dueAt };
}

/** Something has changed: what was refused before may be taken now. */
function sooner(job: Job): Job {
  return { ...job, dueAt: Math.min(job.dueAt, job.soonestAt) };
}
