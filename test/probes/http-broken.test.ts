/** Targets that answer badly, late, without end, or not at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchStalls } from '../agent/stalls.ts';
import { now } from '../agent/until.ts';
import { probe, rawTarget, run, saying } from './target.ts';

/** Targets that misbehave: what they send to whoever says anything, and what the probe makes of it. */
const misbehaving: readonly [what: string, bytes: string, reason: RegExp][] = [
  ['garbage', '\u0000\u00ff\u0001 garbage\r\n\r\n', /did not answer in HTTP \(HPE_/],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /did not answer in HTTP \(HPE_/],
  [
    'headers that are too long',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
    /too many headers|HPE_HEADER_OVERFLOW/,
  ],
  [
    'an endless header',
    `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(10_000_000)}`,
    /too many headers|HPE_HEADER_OVERFLOW/,
  ],
];

for (const [what, bytes, reason] of misbehaving) {
  test(`probeHttp() fails when the target sends ${what}`, async context => {
    const told = await saying(context, bytes);
    const result = await run(probe(`http://:${told.port}/`));
    assert.equal(result.type, 'failure');
    assert.match(result.reason, reason);
    await told.allClosed();
  });
}

test('probeHttp() fails when the target closes at once, without trying again', async context => {
  const closing = await rawTarget(context, socket => socket.end());
  const result = await run(probe(`http://:${closing.port}/`));
  assert.equal(result.type, 'failure');
  assert.match(result.reason, /closed the connection before the whole answer|reset the connection/);
  assert.equal(closing.accepted, 1);
});

test('probeHttp() fails when the answer breaks off in its head or in its body', async context => {
  for (const half of ['HTTP/1.1 200 O', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf']) {
    const { port } = await rawTarget(context, socket => socket.once('data', () => socket.end(half)));
    const result = await run(probe(`http://:${port}/`));
    assert.equal(result.type, 'failure', half);
    assert.match(result.reason, /(closed|reset) the connection/);
  }
});

test('probeHttp() fails by its status when the target switches protocols', async context => {
  const switching = await saying(
    context,
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello',
  );
  assert.match((await run(probe(`http://:${switching.port}/`))).reason, /^HTTP 101 from /);
  await switching.allClosed();
});

test('probeHttp() succeeds when a body without a length ends with its connection', async context => {
  const { port } = await rawTarget(context, socket =>
    socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it')),
  );
  assert.equal((await run(probe(`http://:${port}/`))).type, 'success');
});

const silent: readonly [what: string, begin: string, drip: string | undefined][] = [
  ['never answers', '', undefined],
  ['stops in the head', 'HTTP/1.1 200 OK\r\nContent-', undefined],
  ['stops in the body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', undefined],
  ['sends its headers byte by byte', 'HTTP/1.1 200 OK\r\nx: ', 'y'],
];

for (const [what, begin, drip] of silent) {
  test(`probeHttp() fails at its timeout when the target ${what}`, async context => {
    const slow = await rawTarget(context, socket => {
      if (begin !== '') socket.write(begin);
      const timer = drip === undefined ? undefined : setInterval(() => socket.write(drip), 10);
      socket.on('close', () => clearInterval(timer));
    });
    const stalls = watchStalls();
    context.after(() => stalls.close());
    const begunAt = now();
    const result = await run(probe(`http://:${slow.port}/`, 0.2));
    const endedAt = now();
    assert.equal(result.type, 'failure');
    assert.match(result.reason, /did not answer within 200 ms$/);
    const tookMs = endedAt - begunAt;
    assert.ok(tookMs >= 199 && tookMs < 1000 + stalls.between(begunAt, endedAt), `${tookMs} ms`);
    await slow.allClosed();
  });
}

/** As if the process were frozen, for longer than a probe's timeout of 1 s. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
}

test('probeHttp() has its whole time again when the agent stood still as it passed, once', async context => {
  for (const [type, meanwhile] of [
    ['success', () => {}],
    ['failure', standStill],
  ] as const) {
    const slow = await rawTarget(context, socket =>
      socket.once('data', () => {
        meanwhile();
        setTimeout(() => socket.end('HTTP/1.1 204 No Content\r\n\r\n'), 150);
      }),
    );
    const result = run(probe(`http://:${slow.port}/`, 1));
    // Before the connection is open, so that nothing is sent yet.
    standStill();
    assert.equal((await result).type, type);
  }
});

test('probeHttp() costs the target 10 KiB or little more when it answers a gigabyte', async context => {
  let written = 0;
  const chunk = Buffer.alloc(16 * 1024, 'x');
  const endless = await rawTarget(context, socket => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n');
      const more = (): void => {
        let goOn = true;
        while (goOn && !socket.destroyed) {
          written += chunk.length;
          goOn = socket.write(chunk);
        }
      };
      socket.on('drain', more);
      more();
    });
  });
  const result = await run(probe(`http://:${endless.port}/`));
  assert.equal(result.type, 'success');
  await endless.allClosed();
  // The rest is what the kernel's buffers took before the connection was closed.
  assert.ok(written < 16 * 1024 * 1024, `${written} bytes`);
});

test('probeHttp() reads no body when the status says it all', async context => {
  const { port } = await saying(
    context,
    'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\nhalf',
  );
  assert.match((await run(probe(`http://:${port}/`))).reason, /^HTTP 503 from /);
});

test('probeHttp() fails without a connection when nobody listens or the name is unknown', async () => {
  const refused = await run(probe('http://:1/'));
  assert.deepEqual([refused.type, refused.isRefused, refused.connections], ['failure', true, 0]);
  assert.match(refused.reason, /refused the connection$/);
  const unknown = await run(probe('http://no-such-host.invalid:80/', 5));
  assert.deepEqual([unknown.type, unknown.connections], ['failure', 0]);
  assert.match(unknown.reason, /has no address|did not answer within 5 s/);
});
