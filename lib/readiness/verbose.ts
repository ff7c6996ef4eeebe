/**
 * Readiness as text, by Kubernetes' conventions (`staging/src/k8s.io/apiserver/pkg/server/healthz/healthz.go`): a
 * line for each check and a closing line. Two departures: reasons are told, which the API server withholds, and
 * there is a third mark, `[~]`, for what does not block.
 */
import type { Check } from './aggregate.ts';

/** @returns a check in one line: `[+]rails ok`, `[-]auth failed: …`, `[~]statsd failed, non-critical: …`. */
export function checkLine({ name, outcome, reason }: Check): string {
  return {
    passed: `[+]${name} ok`,
    failed: `[-]${name} failed: ${reason}`,
    tolerated: `[~]${name} failed, non-critical: ${reason}`,
    unobserved: `[~]${name} unobserved: ${reason}`,
  }[outcome];
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
