/** What the agent refuses to start with: it ends with 2 and says all that is wrong, on standard error. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runAgent } from './launch.ts';

const FLAGS = ['--prot=1', '--port=99999', '--drain-min=soon', '--grace-period', '--log-level=loud', 'word'];
const SAID = [
  /^flag --prot: Not a flag.*did you mean "--port"/m,
  /^flag --port: "99999".*accepted/m,
  /^flag --drain-min: "soon".*accepted/m,
  /^flag --grace-period: Has no value/m,
  /^flag --log-level: "loud".*accepted/m,
  /^argument "word": Belongs to no flag/m,
  /^variable PODUSHER_DRAIN_MAX: "never".*accepted/m,
  /^variable PODUSHER_DRAIN_MIM: Not a setting; did you mean "PODUSHER_DRAIN_MIN"/m,
];

describe('podusher agent', { concurrency: true, timeout: 120_000 }, () => {
  it('ends with 2 and all problems when flags and variables are bad', async () => {
    const { code, stderr, stdout } = await runAgent(FLAGS, {
      PODUSHER_DRAIN_MAX: 'never',
      PODUSHER_DRAIN_MIM: '1s',
    });
    assert.deepEqual([code, stdout], [2, '']);
    for (const pattern of SAID) assert.match(stderr, pattern);
    assert.equal(stderr.trimEnd().split('\n').length, SAID.length, stderr);
  });

  it('ends with 2 when its port is in use', async context => {
    const server = createServer().listen(0, '::');
    await once(server, 'listening');
    context.after(() => server.close());
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    const { code, stdout, stderr } = await runAgent([`--port=${address.port}`]);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      `Cannot listen on port ${address.port} of ::: EADDRINUSE; set another with --port\n`,
    );
  });

  it('ends with 2 when it has no such address', async () => {
    const { code, stderr } = await runAgent(['--port=20000', '--listen-address=192.0.2.1']);
    assert.equal(code, 2);
    assert.match(stderr, /^Cannot listen on port 20000 of 192\.0\.2\.1: EADDRNOTAVAIL/);
  });

  it('ends with 2 when the token cannot be had', async context => {
    const folder = mkdtempSync(join(tmpdir(), 'podusher-token-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const empty = join(folder, 'empty');
    writeFileSync(empty, '\n');
    const [missing, bad] = await Promise.all([
      runAgent([`--token-file=${folder}/none`]),
      runAgent([`--token-file=${empty}`]),
    ]);
    assert.deepEqual([missing.code, bad.code], [2, 2]);
    assert.equal(missing.stderr, `token file ${folder}/none: Cannot be read (ENOENT)\n`);
    assert.match(bad.stderr, /Is not a token; accepted: 1 to 4096 visible ASCII characters/);
  });

  it('ends with 0 when it is asked for help or its version', async () => {
    const [help, version] = await Promise.all([runAgent(['--help']), runAgent(['--version'])]);
    assert.deepEqual([help.code, version.code, help.stderr], [0, 0, '']);
    assert.match(help.stdout, /--drain-min/);
    assert.match(version.stdout, /^podusher \d+\.\d+\.\d+\n$/);
  });
});
