/** The command line's promises: what it prints, its exit status, and that nothing is left running. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, endOf, Theatre } from './cli.ts';

/** A pod whose web container answers, and leaves on SIGTERM. */
async function podOf(theatre: Theatre, ...more: readonly string[]): Promise<string> {
  const port = await theatre.port('web');
  const code = `require("http").createServer((q, r) => r.end("ok")).listen(${port});process.on("SIGTERM", () => process.exit())`;
  return theatre.write(
    'pod.yaml',
    `kind: Pod
spec:
  terminationGracePeriodSeconds: 10
  containers:
    - name: web
      command: [node, -e, ${JSON.stringify(code)}]
      ports: [{containerPort: ${port}}]
      readinessProbe: {httpGet: {path: /, port: ${port}}, periodSeconds: 1}
${more.map(line => `      ${line}\n`).join('')}`,
  );
}

const QUICK = ['--before', '300ms', '--endpoint-lag', '100ms'];

describe('podusher rehearse', () => {
  let theatre: Theatre;
  beforeEach(() => {
    theatre = new Theatre();
  });
  afterEach(() => theatre.close());

  it('prints the timeline and the verdict without colours, and draws the picture', async () => {
    const pod = await podOf(theatre, 'lifecycle: {preStop: {exec: {command: [sleep, "0.5"]}}}');
    const svg = join(theatre.folder, 'out.svg');
    const { status, stdout, stderr } = await theatre.run(pod, ...QUICK, '--svg', svg);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /kubelet +web +preStop hook answered/u);
    assert.match(stdout, /\nrequests sent +\d+\nfailed +0\ncut in flight +0\n/u);
    assert.ok(stderr.endsWith(`The picture is in ${svg}\n`), stderr);
    assert.ok(!(stdout + stderr).includes('\u001B'));
    assert.match(readFileSync(svg, 'utf8'), /^<svg [^]*pod\.yaml[^]*<\/svg>\n$/u);
  });

  it('exits with 0 when requests were only cut, and counts them apart', async () => {
    const port = await theatre.port('web');
    const code = `require("http").createServer((q, r) => q.url === "/" ? setTimeout(() => r.end(), 60000) : r.end()).listen(${port})`;
    const pod = theatre.write(
      'hangs.yaml',
      `kind: Pod
spec:
  containers:
    - name: web
      command: [node, -e, ${JSON.stringify(code)}]
      ports: [{containerPort: ${port}}]
      readinessProbe: {httpGet: {path: /ready, port: ${port}}, periodSeconds: 1}
`,
    );
    // It ends at SIGTERM, when what was sent still waits.
    const args = ['--rate', '1', '--clients', 'new', '--before', '500ms', '--endpoint-lag', '0s'];
    const { status, stdout, stderr } = await theatre.run(pod, ...args);
    assert.match(stdout, /\nfailed +0\ncut in flight +[1-9]\nlongest outage +none\n/u, stderr);
    assert.equal(status, 0);
  });

  it('runs hooks of each kind before SIGTERM', async () => {
    for (const hook of ['{sleep: {seconds: 1}}', '{exec: {command: [sleep, "1"]}}']) {
      const result = await theatre.result(await podOf(theatre, `lifecycle: {preStop: ${hook}}`), ...QUICK);
      const sigtermAt = at(result, 'signal', 'web');
      assert.ok(sigtermAt >= 990 && sigtermAt < 9000, `${hook}: ${sigtermAt} ms`);
    }
  });

  it('compares two pods, one after the other', async () => {
    const pod = await podOf(theatre);
    const { status, stdout, stderr } = await theatre.run(
      '--compare',
      pod,
      pod,
      ...QUICK,
      '--rate=5',
      '--json',
    );
    assert.ok(status === 0 || status === 1, stderr);
    const both: unknown = JSON.parse(stdout);
    assert.ok(typeof both === 'object' && both !== null && 'without' in both && 'with' in both);
    for (const run of [both.without, both.with]) {
      assert.ok(typeof run === 'object' && run !== null);
      const keys = ['sent', 'failed', 'cut', 'longestOutageMs', 'terminationMs', 'timeline', 'warnings'];
      assert.deepEqual(Object.keys(run), keys);
    }
  });

  it('runs a command of --run for a container that has none, from this folder', async () => {
    const port = await theatre.port('web');
    const pod = theatre.write(
      'image.yaml',
      `kind: Pod\nspec: {containers: [{name: web, image: nginx, ports: [{containerPort: ${port}}]}]}`,
    );
    const without = await theatre.run(pod);
    assert.equal(without.status, 2);
    assert.match(without.stderr, /Container "web" has no command of its own; give it one: --run web='CMD'/u);
    const code = `require("http").createServer((q, r) => r.end()).listen(${port})`;
    const run = `web=node -e '${code}'`;
    const { status, stderr } = await theatre.run(
      pod,
      ...QUICK,
      '--run',
      run,
      '--rate',
      '5',
      '--before',
      '1s',
    );
    assert.notEqual(status, 2, stderr);
  });

  it('exits with 2 and all problems for bad flags', async () => {
    const { status, stdout, stderr } = await theatre.run('--rate', 'x', '--what', 'pod.yaml');
    assert.deepEqual([status, stdout, stderr.trim().split('\n').length], [2, '', 2]);
  });

  it('exits with 2 for a manifest that is not there, and for one that is bad', async () => {
    const missing = await theatre.run(join(theatre.folder, 'none.yaml'));
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /none\.yaml: Cannot be read: ENOENT/u);
    const bad = await theatre.run(theatre.write('bad.yaml', 'kind: Service'));
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /bad\.yaml: Found 0 Pods or Deployments/u);
  });

  it('exits with 2 when a port is in use', async () => {
    const server = createServer()
      .listen(await theatre.port('web'))
      .unref();
    await once(server, 'listening');
    const { status, stderr } = await theatre.run(await podOf(theatre));
    server.close();
    assert.equal(status, 2);
    assert.match(stderr, /port \d+ of container "web" \(in use\)/u);
  });

  it('exits with 2 when a command cannot be started', async () => {
    const port = await theatre.port('web');
    const container = `{name: web, command: [/none], ports: [{containerPort: ${port}}]}`;
    const pod = theatre.write('none.yaml', `kind: Pod\nspec: {containers: [${container}]}`);
    const { status, stderr } = await theatre.run(pod);
    assert.equal(status, 2);
    assert.match(stderr, /The command of container "web" cannot be started: spawn \/none ENOENT/u);
  });

  it('exits with 2 and the last output when the pod is not Ready in time', async () => {
    const pod = await podOf(theatre, 'startupProbe: {exec: {command: ["false"]}, failureThreshold: 100}');
    const run = `web=echo it hangs; exec sleep 60`;
    const { status, stderr } = await theatre.run(pod, '--ready-timeout', '3s', '--run', run);
    assert.equal(status, 2);
    assert.match(
      stderr,
      /\[web\] it hangs\nThe pod is not Ready after 3 s:\n {2}web: its startup probe fails: "false" exited with 1\n$/u,
    );
  });

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`leaves nothing running on ${signal}`, async () => {
      const child = await theatre.start(await podOf(theatre), '--before', '1m');
      const ended = endOf(child);
      await untilServed(await theatre.port('web'));
      child.kill(signal);
      assert.equal((await ended).status, expected);
      await theatre.untilNothingRuns();
      assert.deepEqual(readdirSync(theatre.temporary), []);
    });
  }

  it('ends what it has started when another container cannot be', async () => {
    const long = 'x'.repeat(200_000);
    const pod = theatre.write(
      'long.yaml',
      `kind: Pod
spec:
  containers:
    - {name: web, command: [sleep, "60"], ports: [{containerPort: ${await theatre.port('web')}}]}
    - {name: late, command: [echo, ${long}]}
`,
    );
    const { status, stderr } = await theatre.run(pod);
    assert.equal(status, 2);
    assert.match(stderr, /The command of container "late" cannot be started: spawn E2BIG/u);
  });
});

describe('Theatre', () => {
  it('ends a rehearsal that still runs, and its pod, when it is closed', async () => {
    const theatre = new Theatre();
    await theatre.start(await podOf(theatre), '--before', '1m');
    await untilServed(await theatre.port('web'));
    assert.ok(theatre.running().length >= 2);
    await theatre.close();
    await theatre.untilNothingRuns();
  });
});

/** Waits for the pod's own answer: before it starts, the command itself listens for a moment to see that the port is free. */
async function untilServed(port: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isServed(port))) {
    assert.ok(performance.now() < deadline, 'nothing answers');
    await sleep(20);
  }
}

async function isServed(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(5000) });
    return (await answer.text()) === 'ok';
  } catch {
    return false;
  }
}
