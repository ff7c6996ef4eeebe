import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAccount } from '../../agent/kubernetes/account.ts';
import { createClient, type Limits } from '../../agent/kubernetes/client.ts';
import { createEventWriter, type EventWriter, type Outcome } from '../../agent/kubernetes/event-writer.ts';
import type { EventContent } from '../../lib/kubernetes/event.ts';
import { until } from '../agent/until.ts';
import { refuse } from './answers.ts';
import { FakeApi, type Fault } from './fake-api.ts';
import { PATIENT } from './watched.ts';

const POD = { name: 'shop-1', namespace: 'shop', uid: 'u-1' };
const T = 1_795_230_720_000;

interface Written {
  readonly api: FakeApi;
  readonly writer: EventWriter;
  readonly counts: Record<Outcome, number>;
  readonly refusals: string[];
}

async function write(
  context: TestContext,
  {
    fault,
    pod = () => POD,
    now = () => T,
    deadline = {},
  }: {
    readonly fault?: Fault;
    readonly pod?: () => typeof POD | undefined;
    readonly now?: () => number;
    readonly deadline?: Partial<Limits>;
  } = {},
): Promise<Written> {
  const api = await FakeApi.start(context);
  api.fault = fault;
  const counts = { written: 0, refused: 0, dropped: 0 };
  const refusals: string[] = [];
  const client = createClient(() => readAccount(api.folder, api.environment), 'podusher/test');
  const writer = createEventWriter({
    client,
    pod,
    now,
    instance: 'host-1',
    counted: outcome => (counts[outcome] += 1),
    refused: reason => refusals.push(reason),
    limits: { ...PATIENT, ...deadline },
    waitMs: () => 10,
  });
  context.after(async () => {
    await writer.close(0);
    client.close();
  });
  return { api, writer, counts, refusals };
}

function told(index: number): EventContent {
  return { type: 'Normal', reason: 'Tested', message: `number ${index}`, at: T + index };
}

test('createEventWriter() writes Events in their order, on one connection', async context => {
  const { api, writer, counts } = await write(context);
  for (let index = 0; index < 10; index += 1) writer.tell(told(index));
  await until('all Events', () => (counts.written === 10 ? true : undefined));
  assert.deepEqual(
    api.events.map(({ message }) => message),
    Array.from({ length: 10 }, (_, index) => `number ${index}`),
  );
  assert.equal(api.connections, 1);
  assert.deepEqual([...new Set(api.events.map(one => Object(one).reportingInstance))], ['host-1']);
});

test('createEventWriter() drops what is too much, counts it, and tells whether there is room', async context => {
  let at = T;
  const { writer, counts } = await write(context, { now: () => at });
  assert.equal(writer.hasRoom, true);
  for (let index = 0; index < 200; index += 1) writer.tell(told(index));
  assert.equal(writer.hasRoom, false);
  at += 10_000;
  await until('all Events', () => (counts.written === 50 ? true : undefined));
  assert.deepEqual(counts, { written: 50, refused: 0, dropped: 150 });
  assert.equal(writer.hasRoom, true);
  await writer.close(0);
  assert.equal(writer.hasRoom, false);
});

test('createEventWriter() keeps no more than 64 waiting, however long the server takes', async context => {
  let at = T;
  const { writer, counts } = await write(context, { now: () => at, pod: () => undefined });
  for (let index = 0; index < 200; index += 1) {
    at += 60_000;
    writer.tell(told(index));
  }
  assert.equal(writer.waiting, 65, 'and one that is being written');
  assert.equal(counts.dropped, 135);
});

test('createEventWriter() waits for the pod to be known', async context => {
  let pod: typeof POD | undefined;
  const { api, writer, counts } = await write(context, { pod: () => pod });
  writer.tell(told(1));
  assert.equal(writer.waiting, 1);
  assert.equal(api.asked.length, 0);
  pod = POD;
  await until('the Event', () => (counts.written === 1 ? true : undefined));
});

const REFUSALS: readonly [code: number, tries: number][] = [
  [403, 1],
  [404, 1],
  [422, 1],
  [429, 3],
  [500, 3],
];

for (const [code, tries] of REFUSALS) {
  test(`createEventWriter() tries ${tries} times when it is refused with ${code}, and goes on`, async context => {
    const { api, writer, counts, refusals } = await write(context, {
      fault: (_, response) => {
        refuse(response, code, 'no');
        return true;
      },
    });
    writer.tell(told(1));
    await until('the refusal', () => (counts.refused === 1 ? true : undefined));
    assert.equal(api.asked.length, tries);
    assert.deepEqual(refusals, [`HTTP ${code}: no`]);
    api.fault = undefined;
    writer.tell(told(2));
    await until('the next one', () => (counts.written === 1 ? true : undefined));
  });
}

test('createEventWriter() takes an Event that is there already for written', async context => {
  const { writer, counts } = await write(context, {
    fault: (_, response) => {
      refuse(response, 409, 'already exists');
      return true;
    },
  });
  writer.tell(told(1));
  await until('the Event', () => (counts.written === 1 ? true : undefined));
});

test('createEventWriter() gives up on a server that never answers', async context => {
  const { writer, counts, refusals } = await write(context, { fault: () => true, deadline: { headMs: 300 } });
  writer.tell(told(1));
  await until('the refusal', () => (counts.refused === 1 ? true : undefined));
  assert.deepEqual(refusals, ['Did not answer within 300 ms']);
});

test('close() waits for what is being written, and not for longer than it is told', async context => {
  const { api, writer, counts } = await write(context);
  for (let index = 0; index < 5; index += 1) writer.tell(told(index));
  await writer.close(5000);
  assert.equal(api.events.length, 5);
  writer.tell(told(6));
  assert.deepEqual(counts, { written: 5, refused: 0, dropped: 1 });

  const hanging = await write(context, { fault: () => true });
  hanging.writer.tell(told(1));
  hanging.writer.tell(told(2));
  const beganAt = performance.now();
  await hanging.writer.close(100);
  assert.ok(performance.now() - beganAt < 10_000);
  assert.deepEqual(hanging.counts, { written: 0, refused: 0, dropped: 2 });
  assert.deepEqual(hanging.refusals, []);
});
