import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { statusJsonSchema } from '../../lib/status/json-schema.ts';
import { statusSchema } from '../../lib/status/schema.ts';
import { EVERY } from '../timeline/entries.ts';
import { SERVING, STATUSES } from './statuses.ts';

const ajv = new Ajv({ strict: false });
const validate = ajv.compile(Object(statusJsonSchema()));

/** @returns the status as a client reads it. */
function sent(status: unknown): unknown {
  return JSON.parse(JSON.stringify(status));
}

test('statusSchema accepts what the agent sends, with every type of entry', () => {
  for (const [name, status] of Object.entries(STATUSES)) {
    assert.ok(v.is(statusSchema, sent(status)), name);
    assert.ok(validate(sent(status)), `${name}: ${ajv.errorsText(validate.errors)}`);
  }
  for (const entry of Object.values(EVERY)) {
    const status = sent({ ...SERVING, timeline: [entry] });
    assert.ok(v.is(statusSchema, status), entry.type);
    assert.ok(validate(status), `${entry.type}: ${ajv.errorsText(validate.errors)}`);
  }
});

test('statusSchema rejects what is not a status', () => {
  const wrong: [string, unknown][] = [
    ['nothing', {}],
    ['null', null],
    ['a string for a time', { ...SERVING, now: '2026-11-21' }],
    ['an unknown field', { ...SERVING, extra: 1 }],
    ['a phase that is none', { ...SERVING, drain: { ...SERVING.drain, phase: 'sleeping' } }],
    ['an entry of no type', { ...SERVING, timeline: [{ actor: 'podusher', at: 1, type: 'party' }] }],
    ['an entry of another actor', { ...SERVING, timeline: [{ ...EVERY.hook, actor: 'kubelet' }] }],
    ['an entry without its field', { ...SERVING, timeline: [{ actor: 'podusher', at: 1, type: 'stopped' }] }],
  ];
  for (const [name, status] of wrong) {
    assert.ok(!v.is(statusSchema, sent(status)), name);
    assert.ok(!validate(sent(status)), name);
  }
});

test('deploy/status.schema.json is what statusJsonSchema() says', () => {
  const file = readFileSync(new URL('../../deploy/status.schema.json', import.meta.url), 'utf8');
  assert.deepEqual(JSON.parse(file), statusJsonSchema());
});
