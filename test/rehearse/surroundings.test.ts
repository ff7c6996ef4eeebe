import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { OUTSIDE_ADDRESS, outsideAddress, type Stage, stageOf } from '../../agent/rehearse/surroundings.ts';
import { createWorkspace, type Workspace } from '../../agent/rehearse/workspace.ts';
import type { Container } from '../../lib/kubelet/pod.ts';
import { container, pod } from '../kubelet/world.ts';

const VOLUME = {
  name: 'podinfo',
  files: [
    { path: 'annotations', text: 'a="1"' },
    { path: 'deep/name', text: 'web' },
  ],
};

describe('createWorkspace()', () => {
  let workspace: Workspace;
  beforeEach(() => {
    workspace = createWorkspace([VOLUME], join(import.meta.dirname, 'print-arguments.ts'));
  });
  afterEach(() => workspace.remove());

  it('writes a volume as the kubelet does: files are links through ..data, itself a link', () => {
    const directory = workspace.volume('podinfo') ?? '';
    assert.equal(readFileSync(join(directory, 'annotations'), 'utf8'), 'a="1"');
    assert.equal(readFileSync(join(directory, 'deep/name'), 'utf8'), 'web');
    assert.equal(readlinkSync(join(directory, 'annotations')), '..data/annotations');
    assert.match(readlinkSync(join(directory, '..data')), /^\.\.2/u);
  });

  it('makes a podusher that is this very program', () => {
    const printed = execFileSync(join(workspace.bin, 'podusher'), ['agent', "it's"], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(printed), ['agent', "it's"]);
  });

  it('leaves nothing when it is removed', () => {
    const { bin } = workspace;
    workspace.remove();
    assert.equal(existsSync(join(bin, '..')), false);
  });
});

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

describe('outsideAddress()', () => {
  it('is on loopback, not the pod, and another for each process', () => {
    assert.equal(outsideAddress(1), '127.128.0.1');
    assert.equal(outsideAddress(2 ** 22 - 1), '127.191.255.255');
    const pids = [1, 255, 256, 300, 65_535, 65_536, 70_000, 2 ** 22];
    const addresses = pids.map(pid => outsideAddress(pid));
    assert.equal(new Set(addresses).size, pids.length);
    for (const address of addresses) assert.match(address, /^127\.(12[89]|1[3-8]\d|19[01])\./u);
  });
});
