/** Service accounts as they are found in their folders, and what is wrong with them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addressOf, readAccount } from '../../agent/kubernetes/account.ts';
import { FakeApi } from './fake-api.ts';

test('readAccount() does not wait for a pipe, nor take a file without an end', async context => {
  const api = await FakeApi.start(context);
  const token = join(api.folder, 'token');
  rmSync(token);
  execFileSync('mkfifo', [token]);
  assert.deepEqual(await readAccount(api.folder, api.environment), {
    ok: false,
    problems: [`${token}: Cannot be read (NOT_A_FILE)`],
  });
  rmSync(token);
  writeFileSync(token, 'a'.repeat(2 ** 20 + 1));
  assert.deepEqual(await readAccount(api.folder, api.environment), {
    ok: false,
    problems: [`${token}: Is longer than 1048576 bytes`],
  });
});

test('readAccount() names the file of a token that no header can carry, and does not tell it', async context => {
  const api = await FakeApi.start(context);
  const token = join(api.folder, 'token');
  const problem = `${token}: Is not a token, which is one line of visible ASCII characters`;
  for (const bad of ['', '\n', 'two\nlines', 'two words', 'a\0b', 'b\u0007l', 'é', '\ud83d\ude00']) {
    writeFileSync(token, bad);
    const read = await readAccount(api.folder, api.environment);
    assert.deepEqual(read, { ok: false, problems: [problem] }, JSON.stringify(bad));
  }
  writeFileSync(token, ' ey.J-h_bG~c+i/O==\r\n');
  const read = await readAccount(api.folder, api.environment);
  assert.equal(read.ok && read.value.token, 'ey.J-h_bG~c+i/O==');
});

test('readAccount() takes variables that are empty as not set', async context => {
  const api = await FakeApi.start(context);
  const problem = 'Not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set';
  for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT']) {
    const read = await readAccount(api.folder, { ...api.environment, [name]: '' });
    assert.deepEqual(read, { ok: false, problems: [problem] }, name);
  }
});

test('addressOf() is an address as people write it', () => {
  const account = { port: 443, ca: '', token: '' };
  assert.equal(addressOf({ ...account, host: '10.96.0.1' }), 'https://10.96.0.1:443');
  assert.equal(addressOf({ ...account, host: 'fd00::1' }), 'https://[fd00::1]:443');
  assert.equal(addressOf({ proxy: new URL('http://127.0.0.1:8001/') }), 'http://127.0.0.1:8001');
});
