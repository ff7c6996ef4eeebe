import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ourAnnotations } from '../../lib/settings/annotation-key.ts';
import { agentHelp, publisherHelp } from '../../lib/settings/help.ts';
import { annotationsSchema } from '../../lib/settings/json-schema.ts';
import { annotationTable, flagTable, markdownTable } from '../../lib/settings/markdown.ts';
import { formatProblem } from '../../lib/settings/problem.ts';
import { PUBLISHER } from '../../lib/settings/publisher-table.ts';
import { readSettings } from '../../lib/settings/read-settings.ts';
import { AGENT, CONTAINER, POD } from '../../lib/settings/table.ts';

const rows = [...Object.values(POD), ...Object.values(CONTAINER), ...Object.values(AGENT)];

test('every row of the table has a name of its own, a line of help and a default that reads well', () => {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  for (const { name, help, defaultText, kind } of rows) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.match(help, /^[A-Z].*[^.]$/, name);
    assert.ok(defaultText !== '' && kind.accepted !== '', name);
  }
});

test('agentHelp() shows every setting within 100 columns', () => {
  const help = agentHelp();
  for (const { name } of [...Object.values(POD), ...Object.values(AGENT)])
    assert.ok(help.includes(`  --${name} `), name);
  for (const { name } of Object.values(CONTAINER)) assert.ok(help.includes(`  ${name}: `), name);
  assert.match(help, /PODUSHER_TOKEN/);
  assert.doesNotMatch(help, /--token /);
  for (const line of help.split('\n')) assert.ok(line.length <= 100, line);
});

test('publisherHelp() shows every setting within 100 columns, what the pods say, and how it ends', () => {
  const help = publisherHelp();
  for (const { name } of Object.values(PUBLISHER)) assert.ok(help.includes(`  --${name} `), name);
  for (const text of ['podusher.dev/selector', 'podusher.dev/non-critical', 'PODUSHER_LEASE_NAME'])
    assert.ok(help.includes(text), text);
  assert.match(help, /\nEnds with 0 .* with 1 .* with 2 /s);
  for (const line of help.split('\n')) assert.ok(line.length <= 100, line);
});

test('annotationTable() and flagTable() have a row for every setting', () => {
  for (const { name } of Object.values(POD))
    assert.ok(annotationTable().includes(`| \`podusher.dev/${name}\` |`), name);
  for (const { name } of Object.values(CONTAINER)) {
    assert.ok(annotationTable().includes(`| \`${name}.podusher.dev/CONTAINER\` |`), name);
  }
  for (const { name } of Object.values(AGENT)) assert.ok(flagTable().includes(`| \`--${name}\` |`), name);
});

test('markdownTable() escapes bars', () => {
  assert.equal(markdownTable(['a', 'b'], [['1|2', '3']]), '| a | b |\n|---|---|\n| 1\\|2 | 3 |');
});

const validate = new Ajv2020({ allErrors: true }).compile(annotationsSchema());

const good = {
  'prometheus.io/scrape': 'true',
  'podusher.dev/selector': 'app=web',
  'podusher.dev/containers': 'rails, auth,statsd',
  'podusher.dev/non-critical': '',
  'podusher.dev/ready-during-drain': 'false',
  'podusher.dev/drain-min': '1m0.5s',
  'podusher.dev/grace-period': '2m',
  'readiness-probe.podusher.dev/rails': '{"httpGet":\n{"port":3000}}',
  'ports.podusher.dev/rails': '3000,3001',
  'depends-on.podusher.dev/rails': 'auth',
  'stop-timeout.podusher.dev/rails': '10s',
  'in-flight.podusher.dev/rails': 'http://:9394/metrics#puma_running{index="0"}',
  'drain-action.podusher.dev/rails': 'POST http://:15000/healthcheck/fail',
};

test('annotationsSchema() takes what the agent takes', () => {
  assert.ok(validate(good), JSON.stringify(validate.errors));
  const annotations = new Map(Object.entries(good));
  const { annotationProblems } = readSettings({ flags: new Map(), environment: {}, annotations });
  assert.deepEqual(annotationProblems.map(formatProblem), []);
});

test('annotationsSchema() refuses unknown keys of ours and bad values, as the agent does', () => {
  const bad: readonly [key: string, value: string][] = [
    ['podusher.dev/drain-mn', '5s'],
    ['podusher.dev/', '5s'],
    ['podusher.dev/port', '80'],
    ['drain-min.podusher.dev/rails', '5s'],
    ['stop-timeout.podusher.dev/Rails', '5s'],
    ['podusher.dev/drain-min', '5'],
    ['podusher.dev/ready-during-drain', 'yes'],
    ['podusher.dev/non-critical', 'a,,b'],
    ['ports.podusher.dev/rails', 'http'],
    ['in-flight.podusher.dev/rails', 'udp'],
    ['drain-action.podusher.dev/rails', 'http://:1/'],
  ];
  for (const [key, value] of bad) {
    const annotations = new Map([[key, value]]);
    assert.ok(
      readSettings({ flags: new Map(), environment: {}, annotations }).annotationProblems.length > 0,
      key,
    );
    assert.ok(!validate({ [key]: value }), key);
  }
});

const text = (entries: readonly [string, string][]) => ourAnnotations(new Map(entries));

test('ourAnnotations() changes with every annotation of ours, and with nothing else', () => {
  const ours = text([
    ['podusher.dev/drain-min', '5s'],
    ['ports.podusher.dev/a', '80'],
  ]);
  assert.equal(ours, 'podusher.dev/drain-min="5s"\nports.podusher.dev/a="80"\n');
  const others = text([
    ['xpodusher.dev/a', '1'],
    ['ports.podusher.dev/a', '80'],
    ['podusher.dev/selector', 'app=web'],
    ['podusher.dev/drain-min', '5s'],
    ['podusher.dev', '1'],
  ]);
  assert.equal(others, ours);
  assert.notEqual(text([['podusher.dev/no-such', '1']]), '');
});
