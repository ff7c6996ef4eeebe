/** `podusher publisher --dry-run` by whoever is not in the cluster, and what else is refused at the start. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type TestContext, test } from 'node:test';
import { parsed, unparsed } from '../../lib/parsed.ts';
import { createReader } from '../../lib/settings/layers.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { PUBLISHER, publisherProblems, publisherSettings } from '../../lib/settings/publisher-table.ts';
import { until, within } from '../agent/until.ts';
import { refuse } from '../kubernetes/answers.ts';
import { CERTIFICATE } from '../kubernetes/certificate.ts';
import { freePort } from '../rehearse/cli.ts';
import type { ApiServer } from './api-server.ts';
import { type ApiPlace, Publisher, putPod, readyIn, shop } from './publisher.ts';

/** What `kubectl proxy` is: it says who asks. @returns its URL, and how often somebody else said it */
async function startProxy(
  context: TestContext,
  api: ApiServer,
): Promise<{ url: string; sawToken: () => boolean }> {
  let sawToken = false;
  const server = createServer((request, response) => {
    sawToken ||= request.headers.authorization !== undefined;
    const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = api.environment;
    const headers = { ...request.headers, authorization: 'Bearer somebody' };
    const { method = '', url: path = '' } = request;
    const onward = httpsRequest({ host, port, method, path, headers, ca: CERTIFICATE, agent: false });
    onward.on('response', answer => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('error', () => response.destroy()).pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${Object(server.address()).port}`, sawToken: () => sawToken };
}

test('publisher --dry-run --server asks by kubectl proxy, not by its service account', async context => {
  const api = await shop(context, 2);
  const { url, sawToken } = await startProxy(context, api);
  const publisher = await Publisher.start(context, api, 'nobody', ['--dry-run', `--server=${url}`]);
  assert.equal(await publisher.ended, 0, publisher.stderr);
  const { verb, service, body } = JSON.parse(publisher.stdout.split('\n')[0] ?? '');
  assert.deepEqual([verb, service, body.endpoints.length], ['create', 'shop/web', 2]);
  assert.equal(sawToken(), false);
  assert.ok(api.asked.every(({ method }) => method === 'GET'));
});

test('publisher --dry-run tells which pods are not ready and why, also when there is nothing to write', async context => {
  const api = await shop(context, 1);
  putPod(api, 1, { containers: [{ name: 'rails', ready: false }] });
  const publisher = await Publisher.start(context, api);
  await until('a slice of both', () => readyIn(api).length === 1 || undefined);
  assert.equal(await publisher.end(), 0);
  const flags = ['--dry-run', '--namespaces=shop,shopp'];
  const dry = await Publisher.start(context, api, 'nobody', flags);
  assert.equal(await dry.ended, 0, dry.stderr);
  const because = ['web-1: not ready: rails is not ready'];
  assert.deepEqual(JSON.parse(dry.stdout), { service: 'shop/web', pods: 2, ready: 1, because });
  assert.equal(dry.stderr, 'Namespace shopp: Has no Service\n');
});

test('publisher --dry-run ends at once where all is refused, or all that is not read', async context => {
  const api = await shop(context, 1);
  const { url } = await startProxy(context, api);
  for (const refused of [['nodes', 'services', 'pods', 'endpointslices'], ['pods']]) {
    api.fault = ({ resource }, response) => {
      if (refused.includes(resource)) refuse(response, 403, `${resource} is forbidden`);
      return refused.includes(resource);
    };
    const dry = await Publisher.start(context, api, 'nobody', ['--dry-run', `--server=${url}`]);
    assert.equal(await within('the end', dry.ended), 1);
    const said = dry.stderr.trimEnd().split('\n');
    const each = refused.map(resource => `${resource}: HTTP 403: ${resource} is forbidden`);
    const all = `${url} refuses ${refused.join(', ')}: whoever asks must be allowed to list them`;
    assert.equal(said.pop(), all);
    assert.deepEqual(said.sort(), each.sort());
    assert.equal(dry.stdout, '');
  }
});

for (const [what, watch] of [
  ['is refused', (response: ServerResponse) => refuse(response, 403, 'no right to watch')],
  ['is held back by a proxy', () => {}],
] as const) {
  test(`publisher --dry-run needs lists alone, of one namespace and of all: each watch ${what}`, async context => {
    const api = await shop(context, 2);
    api.fault = ({ isWatch }, response) => {
      if (isWatch) watch(response);
      return isWatch;
    };
    for (const flags of [[], ['--namespaces=shop']]) {
      const dry = await Publisher.start(context, api, 'nobody', ['--dry-run', ...flags]);
      assert.equal(await within('the end', dry.ended), 0, dry.stderr);
      assert.equal(dry.stderr, '');
      assert.equal(JSON.parse(dry.stdout.split('\n')[0] ?? '').service, 'shop/web');
    }
    assert.ok(api.asked.every(({ isWatch }) => !isWatch));
  });
}

test('publisher --dry-run ends soon where nobody listens, and says where that is', async context => {
  const api = await shop(context);
  const url = `http://127.0.0.1:${await freePort()}`;
  const dry = await Publisher.start(context, api, 'nobody', ['--dry-run', `--server=${url}`]);
  assert.equal(await within('the end', dry.ended, 40_000), 1);
  assert.match(dry.stderr, /^pods: Cannot be reached: ECONNREFUSED$/m);
  assert.equal(
    dry.stderr.trimEnd().split('\n').at(-1),
    `${url} has told nothing within 10 s: is kubectl proxy running there?`,
  );
});

/** Neither a cluster's variables, nor a service account. */
const NOWHERE: ApiPlace = {
  environment: { KUBERNETES_SERVICE_HOST: '', KUBERNETES_SERVICE_PORT: '' },
  account: () => '/nowhere',
};

test('publisher tells a bad flag alone, whether there is a service account or not', async context => {
  const flags = ['--dry-run', '--namespace=shop'];
  const publisher = await Publisher.start(context, NOWHERE, 'nobody', flags);
  assert.equal(await publisher.ended, 2);
  const problem = 'flag --namespace: Not a flag (did you mean "--namespaces"?); --help lists them';
  assert.deepEqual(publisher.stderr.trimEnd().split('\n'), [problem]);
});

test('publisher tells all that is missing outside of a cluster, and --dry-run what there is instead', async context => {
  const missing = [
    'Not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
    '/nowhere/token: Cannot be read (ENOENT)',
    '/nowhere/ca.crt: Cannot be read (ENOENT)',
  ];
  const instead = 'Outside of the cluster: start kubectl proxy, and give its address by --server';
  for (const [flags, said] of [
    [[], missing],
    [['--dry-run'], [...missing, instead]],
  ] as const) {
    const publisher = await Publisher.start(context, NOWHERE, 'nobody', flags);
    assert.equal(await publisher.ended, 2);
    assert.deepEqual(publisher.stderr.trimEnd().split('\n'), said);
  }
});

function problemsOf(flags: Readonly<Record<string, string>>, environment: Record<string, string>): string[] {
  const given = { flags: new Map(Object.entries(flags)), environment, annotations: new Map() };
  const reader = createReader(given);
  const problems = publisherProblems(environment, publisherSettings(reader));
  return [...reader.startProblems, ...problems].map(formatProblem);
}

test('publisherProblems() tells a variable that is nearly one of its own, and leaves all others alone', () => {
  assert.deepEqual(
    problemsOf({}, { PODUSHER_NAMESPACE: 'shop', PODUSHER_DRAIN_MIN: '4s', NAMESPACES: 'x' }),
    ['variable PODUSHER_NAMESPACE: Not a setting; did you mean "PODUSHER_NAMESPACES"?'],
  );
});

test('publisherProblems() wants --server with --dry-run alone', () => {
  const server = 'http://127.0.0.1:8001';
  assert.deepEqual(problemsOf({ server }, {}), ['flag --server: Is for --dry-run alone']);
  assert.deepEqual(problemsOf({ server, 'dry-run': 'true' }, {}), []);
});

test('--server takes an origin in plain HTTP and nothing else', () => {
  const { kind } = PUBLISHER.server;
  assert.deepEqual(kind.parse('http://[::1]:8001/'), parsed(new URL('http://[::1]:8001')));
  for (const bad of ['https://a', 'http://me@a', 'http://a/api', 'http://', 'a:8001', 'http://a b', '']) {
    assert.deepEqual(kind.parse(bad), unparsed(`"${bad}" is not accepted; accepted: http://HOST:PORT`), bad);
  }
});
