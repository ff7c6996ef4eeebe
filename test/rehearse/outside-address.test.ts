import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outsideAddress } from '../../agent/rehearse/outside-address.ts';

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
