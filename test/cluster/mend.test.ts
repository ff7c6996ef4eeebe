import assert from 'node:assert/strict';
import * as v from 'valibot';
import { atEnd } from './at-end.ts';
import { createNamespace, get, kubectl, RUN_LABEL } from './kubectl.ts';
import { mend } from './mend.ts';
import { pauseService, slowProxy, stopService } from './nodes.ts';
import { testOnNodes } from './on-nodes.ts';

const NodeSchema = v.object({ spec: v.object({ unschedulable: v.optional(v.boolean()) }) });

const DELETE_MS = 120_000;

testOnNodes(
  'mend() runs what is stopped, and removes the namespaces of runs that are over',
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
    await pauseService(context, 'kube-controller-manager');
    await stopService(context, 'kube-apiserver', 'KILL');
    await mend();
    const { spec } = v.parse(NodeSchema, await get('default', 'node', 'node-a'));
    assert.equal(spec.unschedulable ?? false, false);
    await kubectl(['get', 'namespace', ours]);
    await assert.rejects(kubectl(['get', 'namespace', left]), /not found/u);
    // Whoever finalizes it runs again.
    await kubectl(['delete', 'namespace', ours], { timeoutMs: DELETE_MS });
  },
);
