import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePassiveOpens, parseProcNetTcp } from '../../lib/connections/proc-net.ts';

const HEADING =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

test('parseProcNetTcp() reads IPv4, IPv6 and TIME-WAIT as the kernel writes them', () => {
  const text = [
    HEADING,
    '   0: 0100007F:22A2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41 1 0000000000000000 100 0 0 10 0',
    '  11: 0700000A:0BB8 0900000A:9C40 01 00000003:00000005 01:00000014 00000000     0        0 42 1 0 20 4 30 10 -1',
    '   1: 0000000000000000FFFF00000700000A:0BB8 0000000000000000FFFF00000900000A:9C41 08 00000000:00000001 00:00000000 00000000     0        0 43 1 0 20 4 30 10 -1',
    '   2: 00000000000000000000000001000000:0BB8 00000000000000000000000001000000:9C42 06 00000000:00000000 03:000003E8 00000000     0        0 0 3 0000000000000000',
    '',
  ].join('\n');
  const sockets = parseProcNetTcp(text);
  assert.ok(sockets.ok);
  assert.deepEqual(
    sockets.value.map(({ state, local, remote, unread, unacknowledged, timerMs, inode }) => [
      state,
      `${local.address} ${local.port}`,
      `${remote.address} ${remote.port}`,
      unread,
      unacknowledged,
      timerMs,
      inode,
    ]),
    [
      ['listen', '127.0.0.1 8866', '0.0.0.0 0', 0, 0, 0, 41],
      ['established', '10.0.0.7 3000', '10.0.0.9 40000', 5, 3, 200, 42],
      ['close-wait', '10.0.0.7 3000', '10.0.0.9 40001', 1, 0, 0, 43],
      ['time-wait', '::1 3000', '::1 40002', 0, 0, 10_000, 0],
    ],
  );
});

test('parseProcNetTcp() tells a problem when the text is something else', () => {
  for (const text of ['', 'hello', `${HEADING}\nhello`, `${HEADING}\n   0: 0100007F:22A2 00000000`]) {
    assert.equal(parseProcNetTcp(text).ok, false, text);
  }
});

test('parseProcNetTcp() gives sockets or a problem, never a throw, when the text is any text', () => {
  fc.assert(fc.property(fc.string(), text => void parseProcNetTcp(`${HEADING}\n${text}`)));
});

test('parsePassiveOpens() finds the number by its name, wherever it stands', () => {
  const text =
    'Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm PassiveOpens ActiveOpens\nTcp: 1 37 99\nUdp: A\nUdp: 1\n';
  assert.deepEqual(parsePassiveOpens(text), { ok: true, value: 37 });
});

test('parsePassiveOpens() tells a problem, never zero, when the number is not there', () => {
  const texts = [
    '',
    'Tcp: PassiveOpens',
    'Tcp: ActiveOpens\nTcp: 1',
    'Tcp: PassiveOpens\nTcp: -1',
    'Tcp: PassiveOpens\nTcp: x',
  ];
  for (const text of texts) assert.equal(parsePassiveOpens(text).ok, false, text);
  fc.assert(fc.property(fc.string(), text => void parsePassiveOpens(text)));
});
