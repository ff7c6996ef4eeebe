import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createWorkspace, type Workspace } from '../../agent/rehearse/workspace.ts';

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
