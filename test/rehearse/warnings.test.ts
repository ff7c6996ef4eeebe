/** What does not fit together in a pod's manifest is told before the rehearsal, and what the agent says of it after. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { resultOf, Theatre } from './cli.ts';

describe('podusher rehearse, of a pod in which a hook is misspelt', () => {
  let theatre: Theatre;
  beforeEach(() => {
    theatre = new Theatre();
  });
  afterEach(() => theatre.close());

  it('warns before it runs, and shows on the timeline what the agent made of it', async () => {
    const example = await theatre.example('graceful-with.yaml', {
      'terminationGracePeriodSeconds: 20': 'terminationGracePeriodSeconds: 9',
      'podusher.dev/grace-period: 20s': 'podusher.dev/grace-period: 8s',
      'stop-timeout.podusher.dev/auth: 0s': 'podusher.dev/drain-min: 2s',
      '/drain?container=auth': '/drain?containre=auth',
    });
    const { stdout, stderr } = await theatre.run(example, '--before', '500ms', '--json');
    const { timeline, warnings } = resultOf(stdout);
    const place = 'spec.template.spec.containers[auth].lifecycle.preStop.httpGet.path';
    const message =
      'has the unknown parameter "containre" (did you mean "container"?); accepted: /drain?container=auth';
    assert.deepEqual(warnings[0], { where: place, message });
    assert.equal(warnings[1]?.where, 'spec.template.metadata.annotations[podusher.dev/grace-period]');
    assert.equal(warnings.length, 2);
    for (const warning of warnings) {
      const line = `Warning: ${example}: ${warning.where}: ${warning.message}\n`;
      assert.ok(stderr.indexOf(line) !== -1 && stderr.indexOf(line) < stderr.indexOf('requests a second'));
    }
    const told = timeline.flatMap(entry => (entry.type === 'warning' ? [entry.message] : []));
    assert.deepEqual(told, [
      'A hook is held for drain-min: Unknown parameter "containre" (did you mean "container"?); accepted: container=NAME',
      'A hook that was held for drain-min is answered: its container may get SIGTERM now, though others may depend on it',
    ]);
  });
});

describe('podusher rehearse, of a pod whose settings are bad', () => {
  let theatre: Theatre;
  beforeEach(() => {
    theatre = new Theatre();
  });
  afterEach(() => theatre.close());

  it('ends as soon as podusher says so, for here nobody mends them', async () => {
    const example = await theatre.example('graceful-with.yaml', {
      'podusher.dev/grace-period: 20s': 'podusher.dev/grace-period: soon',
    });
    const startedAt = performance.now();
    const { status, stderr } = await theatre.run(example, '--ready-timeout', '10m');
    assert.equal(status, 2);
    assert.match(stderr, /^Warning: .*\[podusher\.dev\/grace-period\]: "soon"/mu);
    assert.ok(
      stderr.endsWith('The pod cannot become Ready:\n  the settings are bad: the warnings above tell why\n'),
      stderr,
    );
    assert.ok(performance.now() - startedAt < 300_000);
  });

  it('ends as soon as podusher has told what is bad in its flags, and exited', async () => {
    const example = await theatre.example('graceful-with.yaml', {
      'args: [agent]': 'args: [agent, --drain-mni=5s, --port=soon]',
    });
    const startedAt = performance.now();
    const { status, stderr } = await theatre.run(example, '--ready-timeout', '10m');
    assert.equal(status, 2);
    assert.match(stderr, /^\[podusher\] flag --drain-mni: Not a flag \(did you mean "--drain-min"\?\)/mu);
    assert.match(stderr, /^\[podusher\] flag --port: /mu);
    assert.ok(
      stderr.endsWith(
        'The pod cannot become Ready:\n  podusher: it exited with code 2, for what it says above\n',
      ),
      stderr,
    );
    assert.ok(performance.now() - startedAt < 300_000);
  });

  it('warns of annotations that are on the Deployment, and shows paths as they are in the pod', async () => {
    const example = await theatre.example('graceful-with.yaml', {
      'kind: Deployment\nmetadata:\n':
        'kind: Deployment\nmetadata:\n  annotations: {podusher.dev/drain-min: 2s}\n',
      // Where nobody reads them.
      '      annotations:\n': '      finalizers:\n',
    });
    const { stdout, stderr } = await theatre.run(example, '--before', '500ms', '--json');
    const { timeline, warnings } = resultOf(stdout);
    assert.equal(warnings[0]?.where, 'metadata.annotations[podusher.dev/drain-min]', stderr);
    const told = timeline.flatMap(entry => (entry.type === 'warning' ? [entry.message] : []));
    assert.deepEqual(told, [
      'No container is named, so none is probed; are the annotations at /etc/podinfo/annotations?',
    ]);
  });
});
