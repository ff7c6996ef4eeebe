/** What the store knows after a write, whatever happened between what was asked and its answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, ApiClient, Asked } from '../../agent/kubernetes/client.ts';
import { createWriter, type Writer } from '../../agent/publisher/writer.ts';
import { parseSlice } from '../../lib/publisher/slice.ts';
import { Store } from '../../lib/publisher/store.ts';
import { takeObject, takeRemoval } from '../../lib/publisher/told.ts';
import { deleteOf, updateOf, type Write } from '../../lib/publisher/write.ts';
import { serviceObject } from '../publisher/objects.ts';
import { must } from '../publisher/server.ts';

const WEB = 'shop/web';

function slice(version: string, uid: string, service = 'web'): object {
  return {
    metadata: {
      name: 'web-1',
      namespace: 'shop',
      uid,
      resourceVersion: version,
      labels: {
        'kubernetes.io/service-name': service,
        'endpointslice.kubernetes.io/managed-by': 'publisher.podusher.dev',
      },
    },
    addressType: 'IPv4',
  };
}

const answered = (body: object): Answer => ({ ok: true, body: JSON.stringify(body) });
const refused = (code: number): Answer => ({ ok: false, failure: { reason: `HTTP ${code}`, code } });
const STATUS = answered({ kind: 'Status', status: 'Success' });

/** A store with the Service `web` and its slice, and a writer. */
class Bench {
  readonly store: Store = new Store();
  readonly write: Writer;
  /** Answers in the server's place, with whatever else happens meanwhile. */
  answer: (asked: Asked) => Answer | Promise<Answer> = () => assert.fail();
  leadsForMs = 10_000;
  readonly changed: string[] = [];

  constructor() {
    takeObject(this.store, 'services', serviceObject());
    this.tell('10', 'u-1');
    const client: ApiClient = {
      ask: async asked => this.answer(asked),
      stream: () => assert.fail(),
      close: () => {},
    };
    const { store } = this;
    this.write = createWriter({
      client,
      store,
      leadsForMs: () => this.leadsForMs,
      changed: keys => void this.changed.push(...keys),
    });
  }

  /** As a watch does. */
  tell(version: string, uid: string): void {
    takeObject(this.store, 'endpointslices', slice(version, uid));
  }

  tellEnd(uid: string): void {
    takeRemoval(this.store, 'endpointslices', slice('', uid));
  }

  /** The slice as it is known. */
  get known(): string | undefined {
    const [known] = this.store.world(WEB)?.slices ?? [];
    return known?.type === 'ours' ? `${known.uid} ${known.resourceVersion}` : undefined;
  }

  async outcome(write: Write): Promise<string> {
    const { outcome } = await this.write(WEB, write, new AbortController().signal);
    return outcome;
  }
}

function ours(): Parameters<typeof deleteOf>[0] {
  const read = must(parseSlice(slice('10', 'u-1')));
  assert.ok(read.type === 'ours');
  return read;
}

const UPDATE = updateOf(ours(), ours().labels, { endpoints: [] });
const DELETE = deleteOf(ours());

for (const what of ['update', 'reading'] as const) {
  test(`createWriter() does not bring a slice back whose end was told before the answer to its ${what}`, async () => {
    const bench = new Bench();
    bench.answer = ({ method }) => {
      if (what === 'reading' && method === 'PATCH') return refused(409);
      bench.tell('11', 'u-1');
      bench.tellEnd('u-1');
      return answered(slice('11', 'u-1'));
    };
    await bench.outcome(UPDATE);
    assert.equal(bench.known, undefined);
  });
}

const NOT_FOUND = refused(404);
/** What is answered to each request. */
const GONE: readonly (readonly [string, Write, readonly Answer[]])[] = [
  ['a deletion', DELETE, [STATUS]],
  ['a deletion of what is gone', DELETE, [NOT_FOUND, NOT_FOUND]],
  ['an update of what is gone', UPDATE, [NOT_FOUND, NOT_FOUND]],
];

for (const [what, write, answers] of GONE) {
  test(`createWriter() believes the watch of a slice that was made anew while ${what} was on its way`, async () => {
    const bench = new Bench();
    const left = [...answers];
    bench.answer = () => {
      const answer = left.shift();
      if (left.length === 0) {
        bench.tellEnd('u-1');
        bench.tell('12', 'u-2');
      }
      return answer ?? assert.fail();
    };
    await bench.outcome(write);
    assert.equal(bench.known, 'u-2 12');
    bench.tell('13', 'u-2');
    assert.equal(bench.known, 'u-2 13');
  });

  test(`createWriter() knows no slice after ${what}, whatever a watch that lags tells of it`, async () => {
    const bench = new Bench();
    const left = [...answers];
    bench.answer = () => left.shift() ?? assert.fail();
    await bench.outcome(write);
    assert.equal(bench.known, undefined);
    bench.tell('11', 'u-1');
    assert.equal(bench.known, undefined);
  });
}

for (const what of ['update', 'reading'] as const) {
  test(`createWriter() tells of the Service that a slice belongs to by the answer to its ${what}, not of its own`, async () => {
    const bench = new Bench();
    const answer = (version: string, service: string): void => {
      bench.answer = ({ method }) =>
        what === 'reading' && method === 'PATCH' ? refused(409) : answered(slice(version, 'u-1', service));
    };
    answer('11', 'web');
    await bench.outcome(UPDATE);
    assert.deepEqual(bench.changed, []);
    answer('12', 'other');
    await bench.outcome(UPDATE);
    assert.deepEqual(bench.changed, ['shop/other']);
    assert.deepEqual(takeObject(bench.store, 'endpointslices', slice('12', 'u-1', 'other'))?.dirty, []);
  });
}

test('createWriter() is not leading where its time is over before the write is sent', async () => {
  const bench = new Bench();
  bench.answer = ({ forbidden }) => {
    bench.leadsForMs = 50;
    return { ok: false, failure: { reason: forbidden?.() ?? '', isForbidden: true } };
  };
  assert.equal(await bench.outcome(UPDATE), 'not leading');
  bench.answer = () => assert.fail('not even begun');
  assert.equal(await bench.outcome(UPDATE), 'not leading');
});
