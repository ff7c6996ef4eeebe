import assert from 'node:assert/strict';
import * as v from 'valibot';
import { atEnd } from './at-end.ts';
import { setCable, setCut } from './cables.ts';
import { createNamespace, get, kubectl, RUN_LABEL } from './kubectl.ts';
import { isProxy, isUsualKubelet } from './machine/node.ts';
import { NODES } from './machine/place.ts';
import { inSpace } from './machine/space.ts';
import { mend } from './mend.ts';
import { nodeExec, pauseService, slowProxy, stopService } from './nodes.ts';
import { testOnNodes } from './on-nodes.ts';
import { expectShutdown } from './shutdown.ts';

const NodeSchema = v.object({ spec: v.object({ unschedulable: v.optional(v.boolean()) }) });

const DELETE_MS = 120_000;

/** Of the range for documentation (RFC 5737). */
const NOBODY = '192.0.2.1';

testOnNodes(
  'mend() runs what is stopped, as it is usually configured, connects what is cut off, and removes what ended runs left',
  async context => {
    const [left, ours] = ['left-by-another-run', 'of-this-run'];
    for (const name of [left, ours]) {
      atEnd(context, () =>
        kubectl(['delete', 'namespace', name, '--ignore-not-found'], { timeoutMs: DELETE_MS }),
      );
      await createNamespace(name, {});
    }
    await kubectl(['label', 'namespace', left, `${RUN_LABEL}=1.1`, '--overwrite']);
    atEnd(context, () => kubectl(['uncordon', 'node-a']));
    await kubectl(['cordon', 'node-a']);
    await slowProxy(context);
    await expectShutdown(context, 'node-b', 10);
    await setCut('node-a', NOBODY, true);
    atEnd(context, () => setCable('node-b', 'up'));
    await setCable('node-b', 'down');
    await pauseService(context, 'kube-controller-manager');
    await stopService(context, 'kube-apiserver', 'KILL');
    await mend();
    assert.match(
      await inSpace('control', ['ip', 'link', 'show', 'node-b'], { timeoutMs: 10_000 }),
      /[<,]UP[,>]/u,
    );
    for (const node of NODES)
      assert.ok((await isUsualKubelet(node)) && (await isProxy(node, 'usual')), node.name);
    assert.ok(!(await nodeExec('node-a', ['iptables', '--list-rules', 'FORWARD'])).includes(NOBODY));
    const { spec } = v.parse(NodeSchema, await get('default', 'node', 'node-a'));
    assert.equal(spec.unschedulable ?? false, false);
    await kubectl(['get', 'namespace', ours]);
    await assert.rejects(kubectl(['get', 'namespace', left]), /not found/u);
    // Whoever finalizes it runs again.
    await kubectl(['delete', 'namespace', ours], { timeoutMs: DELETE_MS });
  },
);
