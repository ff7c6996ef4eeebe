/**
 * Readiness as text, by Kubernetes' conventions (`staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go`): a
 * line for each check and a closing line. Three departures: reasons are told, which the API server withholds; there
 * is a third mark, `[~]`, for what does not block; and a drain that goes as it should is not said to have failed.
 */
import { blocks, type Check } from './aggregate.ts';

/** What a check's outcome is called, here and in the log. */
export const OUTCOMES: Readonly<Record<Check['outcome'], string>> = {
  passed: 'ok',
  failed: 'failed',
  terminating: 'in progress, normal termination',
  tolerated: 'failed, non-critical',
  unobserved: 'unobserved',
};

/**
 * @returns a check in one line: `[+]rails ok`, `[-]auth failed: …`, `[~]statsd failed, non-critical: …`,
 * `[-]drain in progress, normal termination: …`
 */
export function checkLine(check: Check): string {
  const { name, outcome, reason } = check;
  if (outcome === 'passed') return `[+]${name} ${OUTCOMES.passed}`;
  return `${blocks(check) ? '[-]' : '[~]'}${name} ${OUTCOMES[outcome]}: ${reason}`;
}

/**
 * @param excluded Checks left out on request; they are listed as such, and so are names that match none.
 * @param ready The result without them, for the closing line.
 */
export function verboseText(checks: readonly Check[], excluded: ReadonlySet<string>, ready: boolean): string {
  const lines = checks.map(check =>
    excluded.has(check.name) ? `[+]${check.name} excluded: ok` : checkLine(check),
  );
  const unmatched = [...excluded].filter(name => !checks.some(check => check.name === name));
  if (unmatched.length > 0) {
    lines.push(`warn: some checks cannot be excluded: no matches for ${listed(unmatched)}`);
  }
  return `${[...lines, `readyz check ${ready ? 'passed' : 'failed'}`].join('\n')}\n`;
}

/** @returns names in JSON's quotes, since they come from requests as well. */
export function listed(names: readonly string[]): string {
  return names.map(name => JSON.stringify(name)).join(', ');
}
