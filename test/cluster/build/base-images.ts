/**
 * The images that our Dockerfiles begin with, under the names that they have in the public registry: the same
 * Dockerfile builds here, where no registry can be reached, and where one can.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../run.ts';
import { buildFrom, imageId, saveImage, tagImage } from './buildah.ts';
import { cached } from './cache.ts';

const FETCH_MS = 10 * 60_000;

const DEBIAN = 'docker.io/library/debian:bookworm-slim';
const NODE = 'docker.io/library/node:24-bookworm-slim';

/** Certificates of whoever this machine trusts, its own proxies among them. */
const TRUSTED = '/etc/ssl/certs/ca-certificates.crt';

/** Without it each layer that installs something keeps 70 MB of lists and archives. */
const CLEAN = `DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
`;

/** @returns an archive with the image that holds a pod's network open: a program that waits, and reaps. */
export async function pauseImage(tag: string, signal: AbortSignal): Promise<string> {
  const folder = await cached('image-pause', async target => {
    await copyFile('/usr/bin/catatonit', join(target, 'catatonit'));
    const lines = ['FROM scratch', 'COPY catatonit /catatonit', 'ENTRYPOINT ["/catatonit", "-P"]'];
    await buildFrom(tag, target, lines, signal);
    await saveImage(tag, join(target, 'image.tar'), signal);
  });
  return join(folder, 'image.tar');
}

/** Makes `debian:bookworm-slim` unless it is there. */
export async function debianImage(signal: AbortSignal): Promise<void> {
  if ((await imageId(DEBIAN, signal)) !== null) return;
  const folder = await cached('image-debian-bookworm', async target => {
    const bootstrap = ['unshare', '--mount', 'mmdebstrap', '--variant=minbase', '--quiet', 'bookworm'];
    await run([...bootstrap, join(target, 'root.tar')], { timeoutMs: FETCH_MS, signal });
    await writeFile(join(target, 'docker-clean'), CLEAN);
  });
  const lines = ['FROM scratch', 'ADD root.tar /', 'COPY docker-clean /etc/apt/apt.conf.d/', 'CMD ["bash"]'];
  await buildFrom(DEBIAN, folder, lines, signal);
}

/** Makes `node:24-bookworm-slim` unless it is there: the Node that runs this, and npm. */
export async function nodeImage(signal: AbortSignal): Promise<void> {
  const exact = `podusher.local/node:${process.versions.node}`;
  if ((await imageId(exact, signal)) === null) {
    await debianImage(signal);
    const folder = await cached(`image-node-${process.versions.node}`, async target => {
      await mkdir(join(target, 'local/bin'), { recursive: true });
      await copyFile(process.execPath, join(target, 'local/bin/node'));
      await copyFile(TRUSTED, join(target, 'trusted.crt'));
      const install = ['npm', 'install', '--global', '--prefix', join(target, 'local'), 'npm@11'];
      await run(install, { timeoutMs: FETCH_MS, signal });
    });
    const lines = [
      `FROM ${DEBIAN}`,
      'RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 libgcc-s1 && rm -rf /var/lib/apt/lists/*',
      'COPY local /usr/local',
      `COPY trusted.crt ${TRUSTED}`,
      `ENV NODE_EXTRA_CA_CERTS=${TRUSTED}`,
      'CMD ["node"]',
    ];
    await buildFrom(exact, folder, lines, signal);
  }
  await tagImage(exact, NODE, signal);
}
