import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { testOnNodes } from '../on-nodes.ts';

const home = await mkdtemp(join(tmpdir(), 'podusher-buildah-'));
after(() => rm(home, { recursive: true }));
process.env['XDG_CACHE_HOME'] = home;
const { buildImage, countImages, imageId, stagesOf } = await import('./buildah.ts');

const DOCKERFILE = `FROM scratch AS build
COPY file /file
COPY other /other
FROM scratch
COPY --from=build /file /copy
USER 65534
`;

describe('stagesOf()', () => {
  it('tells the stages that have names', () => {
    assert.deepEqual(stagesOf('FROM a AS one\nfrom b as two\nFROM c\n# FROM d AS e\n'), ['one', 'two']);
  });
});

testOnNodes('buildImage() keeps the layers of the last build, named stages too, and no others', async () => {
  const signal = AbortSignal.timeout(120_000);
  const folder = await mkdtemp(join(home, 'context-'));
  await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
  await writeFile(join(folder, 'file'), 'the same');
  const counts: number[] = [];
  for (const text of ['first', 'second', 'second']) {
    await writeFile(join(folder, 'other'), text);
    await buildImage('tried:dev', folder, signal);
    counts.push(await countImages(signal));
  }
  assert.deepEqual(counts, [4, 4, 4]);
  assert.notEqual(await imageId('tried:dev-build', signal), null);
});
