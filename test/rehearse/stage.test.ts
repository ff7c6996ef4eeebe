import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { OUTSIDE_ADDRESS } from '../../agent/rehearse/outside-address.ts';
import { type Stage, stageOf } from '../../agent/rehearse/stage.ts';
import { createWorkspace, type Workspace } from '../../agent/rehearse/workspace.ts';
import type { Container } from '../../lib/kubelet/pod.ts';
import { container, pod } from '../kubelet/world.ts';

const VOLUME = {
  name: 'podinfo',
  files: [{ path: 'annotations', text: 'a="1"' }],
};

describe('stageOf()', () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = createWorkspace([VOLUME], process.argv[1] ?? '');
  });
  afterEach(() => workspace.remove());

  function stage(command: readonly string[], given: Partial<Container>): Stage {
    const actors = new Map([['web', { command, cwd: '/', isAgent: false }]]);
    const web = container('web', given);
    return stageOf(web, actors, pod([web]), workspace);
  }

  it('puts the directory of a volume in the place of its path, in commands, arguments and variables', () => {
    const directory = workspace.volume('podinfo') ?? '';
    const staged = stage(['cat', '--file=/etc/podinfo/name', '/etc/podinfo2', '/etc/podinfo'], {
      mounts: [{ volume: 'podinfo', path: '/etc/podinfo/' }],
      env: [{ name: 'WHERE', value: '/etc/podinfo:/etc' }],
    });
    assert.deepEqual(staged.command, ['cat', `--file=${directory}/name`, '/etc/podinfo2', directory]);
    assert.equal(staged.env['WHERE'], `${directory}:/etc`);
    assert.deepEqual(staged.here(['ls', '/etc/podinfo']), ['ls', directory]);
  });

  it("puts a volume's path back in the place of its directory, in lines of output", () => {
    const mounts = [{ volume: 'podinfo', path: '/etc/podinfo/' }];
    const directory = workspace.volume('podinfo') ?? '';
    const staged = stage([], { mounts });
    assert.equal(
      staged.there(`"${directory}/annotations" and ${directory}2`),
      `"/etc/podinfo/annotations" and ${directory}2`,
    );
  });

  it('tells the agent where its annotations are, unless the manifest does', () => {
    const mounts = [{ volume: 'podinfo', path: '/etc/podinfo' }];
    const file = `${workspace.volume('podinfo')}/annotations`;
    assert.equal(stage([], { mounts }).env['PODUSHER_ANNOTATIONS_FILE'], file);
    assert.equal(stage([], {}).env['PODUSHER_ANNOTATIONS_FILE'], undefined);
    const env = [{ name: 'PODUSHER_ANNOTATIONS_FILE', value: '/elsewhere' }];
    assert.equal(stage([], { mounts, env }).env['PODUSHER_ANNOTATIONS_FILE'], '/elsewhere');
  });

  it("tells the agent the pod's name, unless the manifest does", () => {
    assert.equal(stage([], {}).env['PODUSHER_POD_NAME'], pod([]).name);
    const env = [{ name: 'PODUSHER_POD_NAME', value: 'shop' }];
    assert.equal(stage([], { env }).env['PODUSHER_POD_NAME'], 'shop');
  });

  it("tells the agent the load's own address", () => {
    assert.equal(stage([], {}).env['PODUSHER_OUTSIDE_ADDRESS'], OUTSIDE_ADDRESS);
  });

  it('puts podusher and this Node first in PATH', () => {
    const [bin, node] = stage([], {}).env['PATH']?.split(':') ?? [];
    assert.equal(bin, workspace.bin);
    assert.ok(statSync(join(node ?? '', 'node')).isFile());
  });
});
