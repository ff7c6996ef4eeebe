/**
 * Acts once what has come in by now is read. Timers come first in each turn of the event loop: on a busy machine, or
 * under a CPU limit, they are due while the hook that proves a termination stands in the queue. A connection is accepted
 * in one turn, and its request is read in the next; the first of the three may belong to a turn that has already read.
 */
export function afterInput(act: () => void): void {
  setImmediate(() => setImmediate(() => setImmediate(act)));
}
