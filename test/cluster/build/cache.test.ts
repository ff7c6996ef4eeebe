import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { processIdOf } from '../machine/process-id.ts';

const home = await mkdtemp(join(tmpdir(), 'podusher-cache-'));
after(() => rm(home, { recursive: true }));
process.env['XDG_CACHE_HOME'] = home;
const { CACHE, cached, cachedNames, removeAbandoned } = await import('./cache.ts');

describe('cached()', () => {
  it('makes a folder once, and shows no half of it', async () => {
    let made = 0;
    const make = async (folder: string): Promise<void> => {
      made += 1;
      assert.deepEqual(await cachedNames(), []);
      await writeFile(join(folder, 'file'), 'whole');
    };
    const folder = await cached('once-1.0.0', make);
    assert.equal(await cached('once-1.0.0', make), folder);
    assert.deepEqual([made, await readdir(folder)], [1, ['file']]);
    await rm(folder, { recursive: true });
  });

  it('leaves nothing when it cannot be made', async () => {
    await assert.rejects(
      cached('fails-1.0.0', () => Promise.reject(new Error('No'))),
      /No/u,
    );
    assert.deepEqual(await readdir(CACHE), []);
  });
});

describe('removeAbandoned()', () => {
  it('removes what belongs to nobody who lives, though the number has been given away', async () => {
    const { pid, startTime } = processIdOf(process.pid) ?? {};
    const mine = `b-1.0.0.unfinished-${pid}-${startTime}`;
    const others = [
      `b-1.0.0.unfinished-${pid}-1`,
      `b-1.0.0.unfinished-${pid}`,
      'b-1.0.0.unfinished-999999999-1',
    ];
    for (const name of [mine, 'a-1.0.0', ...others])
      await mkdir(join(CACHE, name, 'source'), { recursive: true });
    await removeAbandoned();
    assert.deepEqual((await readdir(CACHE)).toSorted(), ['a-1.0.0', mine]);
  });
});
