import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { helpText, type Options, parseOptions } from '../../agent/rehearse/options.ts';

function optionsOf(...argv: readonly string[]): Options {
  const options = parseOptions(argv);
  assert.ok(options.ok && options.value !== 'help', options.ok ? '' : options.problems.join('\n'));
  return options.value;
}

describe('parseOptions()', () => {
  it('has defaults for everything but the manifest', () => {
    assert.deepEqual(optionsOf('pod.yaml'), {
      manifests: { type: 'one', file: 'pod.yaml' },
      run: new Map(),
      port: undefined,
      path: '/',
      rate: 20,
      clients: 'both',
      stubborn: false,
      endpointLagMs: 1000,
      beforeMs: 3000,
      readyTimeoutMs: 60_000,
      backOffMs: 10_000,
      svg: undefined,
      json: false,
      logs: false,
    });
  });

  it('reads flags before and after the manifests', () => {
    const options = optionsOf(
      '--compare',
      'a.yaml',
      '--rate=5',
      'b.yaml',
      '--run',
      'rails=bin/rails s -p 3000',
    );
    assert.deepEqual(options.manifests, { type: 'compare', without: 'a.yaml', with: 'b.yaml' });
    assert.equal(options.rate, 5);
    assert.deepEqual(options.run, new Map([['rails', 'bin/rails s -p 3000']]));
  });

  const bad: readonly (readonly [readonly string[], string])[] = [
    [[], 'No file given; accepted: one manifest: POD.yaml'],
    [['a', 'b'], 'Files given: "a", "b"; accepted: one manifest: POD.yaml'],
    [['--compare', 'a'], 'One file given, "a"; accepted: two manifests: WITHOUT.yaml WITH.yaml'],
    [['a', '--stuborn'], '--stuborn: not a flag (did you mean "stubborn"?); see podusher rehearse --help'],
    [['a', '--rate'], '--rate: it needs a value'],
    [['a', '--json=1'], '--json: it takes no value'],
    [['a', '--rate', '0'], '--rate: "0" is not accepted; accepted: whole numbers, 1 to 1000'],
    [['a', '--port', 'http'], '--port: "http" is not accepted; accepted: whole numbers, 1 to 65535'],
    [['a', '--before', '3'], '--before: "3" has no unit; accepted: 1m30s, 500ms, 0s to 1h'],
    [['a', '--path', 'up'], '--path: "up" is no path; accepted: /PATH'],
    [['a', '--clients', 'some'], '--clients: "some" is not accepted; accepted: new, kept, both'],
    [
      ['a', '--run', 'rails'],
      `--run: "rails" is not accepted; accepted: NAME='CMD', such as rails='bin/rails server'`,
    ],
  ];
  for (const [argv, problem] of bad) {
    it(`says ${problem}`, () => {
      assert.deepEqual(parseOptions(argv), { ok: false, problems: [problem] });
    });
  }

  it('reports all problems at once', () => {
    const options = parseOptions(['--rate', 'x', '--before', 'y', '--what']);
    assert.ok(!options.ok);
    assert.equal(options.problems.length, 4);
  });

  it('returns options or problems for any arguments, and never throws', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--', '-', '--rate', '--run', '--compare', '-x', 'a=b', '--a='),
    );
    fc.assert(fc.property(fc.array(word), argv => typeof parseOptions(argv).ok === 'boolean'));
  });
});

describe('helpText()', () => {
  it('names every flag', () => {
    for (const flag of ['--compare', '--run', '--stubborn', '--svg', '--json'])
      assert.match(helpText(), new RegExp(flag));
  });
});
