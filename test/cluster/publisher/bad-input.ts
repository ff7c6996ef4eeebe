/** What cannot be followed is told, by an Event and a metric, and everything else goes on. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import * as v from 'valibot';
import { MANAGED_BY, MANAGER, SERVICE_NAME } from '../../../lib/publisher/slice.ts';
import { fingerprint } from '../../../lib/settings/fingerprint.ts';
import { apply, get, kubectl, waitFor } from '../kubectl.ts';
import { withNamespace } from '../namespace.ts';
import { until } from '../wait.ts';
import { metric } from './deployed.ts';
import { instruct, ordinaryService, publishedService, SELECTOR, shopPod } from './shop.ts';
import { readyIn, slicesOf } from './slices.ts';

const READY_MS = 120_000;
const TOLD_MS = 30_000;

const NON_CRITICAL = 'podusher.dev/non-critical';

/** The most that all annotations of an object may have. */
const ANNOTATIONS_MAX = 256 * 1024;

const EventsSchema = v.object({
  items: v.array(v.object({ message: v.string(), involvedObject: v.object({ name: v.string() }) })),
});

async function untilTold(namespace: string, service: string, what: RegExp): Promise<void> {
  const isTold = async (): Promise<boolean> => {
    const { items } = v.parse(EventsSchema, await get(namespace, 'events'));
    return items.some(({ message, involvedObject }) => involvedObject.name === service && what.test(message));
  };
  await until(`an Event on ${service} tells ${what.source}`, isTold, { timeoutMs: TOLD_MS });
  await until('a metric counts it', async () => (await metric('podusher_publisher_problems')) > 0, {
    timeoutMs: TOLD_MS,
  });
}

async function untilPublished(namespace: string, service: string, pods: readonly string[]): Promise<void> {
  const isPublished = async (): Promise<boolean> =>
    assert.deepEqual(readyIn(await oursOf(namespace, service)), pods) === undefined;
  await until(`${pods.join()} are published`, isPublished, { timeoutMs: TOLD_MS });
}

async function oursOf(namespace: string, service: string): ReturnType<typeof slicesOf> {
  const slices = await slicesOf(namespace, service);
  return slices.filter(({ metadata }) => metadata.labels[MANAGED_BY] === MANAGER);
}

/** All else goes on: the good Service hears of a pod that goes and comes back. */
async function assertGoesOn(namespace: string): Promise<void> {
  await instruct(namespace, 'web-1', '/unready');
  await untilPublished(namespace, 'good', ['web-2']);
  await instruct(namespace, 'web-1', '/ready');
  await untilPublished(namespace, 'good', ['web-1', 'web-2']);
}

async function badService(context: TestContext, service: object, what: RegExp): Promise<string> {
  const namespace = await withNamespace(context, 'bad');
  await apply(namespace, publishedService('good'), shopPod('web-1'), shopPod('web-2'));
  await waitFor(namespace, 'pods', 'condition=Ready', READY_MS, '--selector=app=web');
  await apply(namespace, service);
  await untilTold(namespace, 'bad', what);
  await assertGoesOn(namespace);
  return namespace;
}

const annotated = (selector: string): object => {
  const { metadata, ...rest } = Object(ordinaryService('bad'));
  return { ...rest, metadata: { ...metadata, annotations: { [SELECTOR]: selector } } };
};

const HOSTILE: readonly (readonly [what: string, value: string, told: RegExp])[] = [
  ['of 256 KiB, the most there may be', 'x'.repeat(ANNOTATIONS_MAX - 100), /longer than 8192 characters/u],
  [
    'of a thousand names',
    Array.from({ length: 1000 }, (_, index) => `c${index}`).join(),
    /more than 100 items/u,
  ],
  ['of other alphabets', '\u202estatsd\u0000,ſtatsd,容器,\u{1f4a9}', /is not a container's name/u],
];

export async function badInput(context: TestContext): Promise<void> {
  await context.test('a selector that does not parse', async inner => {
    await badService(inner, publishedService('bad', 'app in web'), /"app in web" is no requirement/u);
  });

  await context.test('a Service that has another selector of its own: nobody is added to it', async inner => {
    const namespace = await badService(inner, annotated('tier=front'), /has a selector of its own/u);
    assert.deepEqual(await oursOf(namespace, 'bad'), []);
  });

  await context.test('a Service that has its selector still: both publish it', async inner => {
    const namespace = await badService(inner, annotated('app=web'), /has spec\.selector still/u);
    await untilPublished(namespace, 'bad', ['web-1', 'web-2']);
  });

  await context.test('a port name that no container has', async inner => {
    const ports = [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'none', port: 81, targetPort: 'nowhere' },
    ];
    const told = /no port called "nowhere"/u;
    const namespace = await badService(inner, publishedService('bad', 'app=web', { ports }), told);
    await untilPublished(namespace, 'bad', ['web-1', 'web-2']);
    const [slice] = await oursOf(namespace, 'bad');
    assert.equal(slice?.ports.length, 1);
  });

  await context.test('a slice of another Service has the name that its own would have', async inner => {
    const namespace = await withNamespace(inner, 'bad');
    await apply(namespace, shopPod('web-1'), { ...publishedService('bad'), metadata: { name: 'bad' } });
    await waitFor(namespace, 'pod/web-1', 'condition=Ready', READY_MS);
    const { uid } = Object(await get(namespace, 'service', 'bad')).metadata;
    const name = `bad-${fingerprint(`${uid} IPv4`).slice(0, 8)}-0`;
    const labels = { [SERVICE_NAME]: 'other', [MANAGED_BY]: 'somebody' };
    const taken = { metadata: { name, labels }, addressType: 'IPv4', endpoints: [] };
    await apply(namespace, { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', ...taken });
    await kubectl(['--namespace', namespace, 'annotate', 'service', 'bad', `${SELECTOR}=app=web`]);
    await untilPublished(namespace, 'bad', ['web-1']);
    assert.deepEqual(
      (await oursOf(namespace, 'bad')).map(({ metadata }) => metadata.name),
      [name.replace(/0$/u, '1')],
    );
    assert.equal((await slicesOf(namespace, 'other')).length, 1, 'the other is left alone');
  });

  await context.test("pods' annotations", async inner => {
    const namespace = await withNamespace(inner, 'hostile');
    await apply(namespace, publishedService('good'), shopPod('web-1'), shopPod('web-2'));
    await waitFor(namespace, 'pods', 'condition=Ready', READY_MS, '--selector=app=web');
    for (const [index, [what, value, told]] of HOSTILE.entries()) {
      await inner.test(what, async () => {
        const service = `hostile-${index}`;
        const labels = { app: service };
        await apply(namespace, publishedService(service, `app=${service}`));
        const pod = shopPod(`pod-${index}`, { labels, annotations: { [NON_CRITICAL]: value } });
        await kubectl(['--namespace', namespace, 'create', '--filename', '-'], {
          input: JSON.stringify(pod),
        });
        await untilTold(namespace, service, told);
        await waitFor(namespace, `pod/pod-${index}`, 'condition=Ready', READY_MS);
        await untilPublished(namespace, service, [`pod-${index}`]);
        await assertGoesOn(namespace);
      });
    }
  });
}
