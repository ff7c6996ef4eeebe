import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readCommandLine } from '../../agent/command-line.ts';
import { formatProblem } from '../../lib/settings/problem.ts';

test('readCommandLine() takes values after a space or an equals sign', () => {
  const { flags, asks, problems } = readCommandLine([
    '--drain-min',
    '5s',
    '--non-critical=a,b',
    '--token-file=-odd=name',
    '--containers=',
    '--port',
    '80',
  ]);
  assert.deepEqual(Object.fromEntries(flags), {
    'drain-min': '5s',
    'non-critical': 'a,b',
    'token-file': '-odd=name',
    containers: '',
    port: '80',
  });
  assert.deepEqual([asks, problems], [undefined, []]);
});

test('readCommandLine() takes a boolean alone for true, and leaves what follows alone', () => {
  const { flags, problems } = readCommandLine(['--api', '--host-network=false', '--port', '80', '--api-x']);
  assert.deepEqual(Object.fromEntries(flags), { api: 'true', 'host-network': 'false', port: '80' });
  assert.equal(problems.length, 1);
  assert.deepEqual(readCommandLine(['--api', 'yes']).flags.get('api'), 'yes');
});

test('readCommandLine() says what is asked for instead of running', () => {
  assert.equal(readCommandLine(['--help']).asks, 'help');
  assert.equal(readCommandLine(['--port=80', '-h', '--version']).asks, 'help');
  assert.equal(readCommandLine(['--version']).asks, 'version');
});

const bad: readonly [args: readonly string[], problem: string][] = [
  [['--drain-mn', '5s'], 'flag --drain-mn: Not a flag (did you mean "--drain-min"?); --help lists them'],
  [['--hepl'], 'flag --hepl: Not a flag (did you mean "--help"?); --help lists them'],
  [['--no-such-thing=1'], 'flag --no-such-thing: Not a flag; --help lists them'],
  [['-p', '80'], 'flag -p: Not a flag; --help lists them'],
  [['--token=sesame'], 'flag --token: Not a flag; --help lists them'],
  [['--stop-timeout=5s'], 'flag --stop-timeout: Not a flag; --help lists them'],
  [['--port'], 'flag --port: Has no value; write --port VALUE'],
  [['--port', '--help'], 'flag --port: Has no value; write --port VALUE'],
  [
    ['--port', '--', '80'],
    'flag --port: Has no value; write --port VALUE | argument "80": Belongs to no flag; --help lists them',
  ],
  [['--port=1', '--port', '2'], 'flag --port: Given more than once'],
  [['--help=all'], 'flag --help: Takes no value, but has "all"'],
  [['--help', 'all'], 'flag --help: Takes no value, but has "all"'],
  [['serve'], 'argument "serve": Belongs to no flag; --help lists them'],
  [['--__proto__=x'], 'flag --__proto__: Not a flag; --help lists them'],
];

test('readCommandLine() says what is wrong with an argument', () => {
  for (const [args, problem] of bad) {
    assert.equal(readCommandLine(args).problems.map(formatProblem).join(' | '), problem, args.join(' '));
  }
});

test('readCommandLine() tells every problem at once, and keeps what is right', () => {
  const { flags, problems } = readCommandLine(['x', '--drain-mn=5s', '--port', '--log-level', 'debug', '-v']);
  assert.deepEqual(
    problems.map(({ source }) => source),
    ['argument "x"', 'flag --drain-mn', 'flag --port', 'flag -v'],
  );
  assert.deepEqual(Object.fromEntries(flags), { 'log-level': 'debug' });
});

test('readCommandLine() never throws, whatever the arguments', () => {
  const argument = fc.oneof(
    fc.constantFrom('--', '-', '--port', '--port=1', '-h', '--help', '5s', '--=', '-=x', '--__proto__'),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(argument), args => assert.ok(readCommandLine(args).flags.size <= args.length)),
  );
});
