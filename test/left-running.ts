/**
 * Loaded into each test file's process by `--import`. Where the file is interrupted, what it started is ended; and a file
 * that does not end by itself, for a failed test has left a server or a timer, is ended: node --test would wait for ever.
 * (`--test-force-exit` would not; but it loses the reports of tests that ran just before: up to 9 of 56, measured at a load
 * of 18 on two cores.)
 */

/** Longer where a test's end takes its time: what it undoes comes after its last `afterEach`. */
const LONGEST_MS = Number(process.env['PODUSHER_TEST_END_MS'] ?? 20_000);

let running = 0;
let timer: NodeJS.Timeout | undefined;

function giveUp(): void {
  const left = process.getActiveResourcesInfo().join(', ');
  process.stderr.write(`Still running ${LONGEST_MS} ms after the last test: ${left}\n`);
  process.exit(1);
}

// The programs that a test file starts may inherit both.
if (process.env['NODE_TEST_CONTEXT'] !== undefined && process.argv[1]?.endsWith('.test.ts')) {
  // What a test started is ended on `exit`, which a signal alone does not bring.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
  const { afterEach, beforeEach } = await import('node:test');
  beforeEach(() => {
    running += 1;
    clearTimeout(timer);
  });
  afterEach(() => {
    running -= 1;
    if (running === 0) timer = setTimeout(giveUp, LONGEST_MS).unref();
  });
}
