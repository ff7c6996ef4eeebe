/**
 * The answers of `/ready`, `/readyz` and `/readyz/NAME`: 200 or 503, in text or JSON. Invariant: the status is that
 * of the readiness it is given; nothing is looked up, so an answer costs the same whatever the containers do.
 */
import { blocks, type Check, type Readiness } from './aggregate.ts';
import { checkLine, listed, verboseText } from './verbose.ts';

/** What to answer; `type` is the content type. */
export interface ReadyAnswer {
  readonly status: 200 | 404 | 503;
  readonly type: string;
  readonly body: string;
}

/**
 * @param path `/ready`, `/readyz`, or `/readyz/NAME` for one check by itself, critical or not.
 * @param query `verbose` tells every check, as a failure always does; `exclude=NAME` (any number) leaves one out. As
 *   in the API server (`handleRootHealth` in `healthz.go`), a name that matches none is warned of where checks are
 *   told, and nowhere else: a plain `ok` stays `ok`.
 * @param accept The request's Accept header: JSON where it names `application/json`.
 */
export function readyAnswer(
  readiness: Readiness,
  path: string,
  query: URLSearchParams,
  accept: string,
): ReadyAnswer {
  const asJson = accept.includes('application/json');
  if (path.startsWith('/readyz/'))
    return oneAnswer(readiness, decoded(path.slice('/readyz/'.length)), asJson);
  const excluded = new Set(query.getAll('exclude'));
  const checks = readiness.checks.filter(check => !excluded.has(check.name));
  const ready = !checks.some(blocks);
  if (asJson) return json(ready ? 200 : 503, checksToJson(ready, checks));
  if (ready && !query.has('verbose')) return text(200, 'ok');
  return text(ready ? 200 : 503, verboseText(readiness.checks, excluded, ready));
}

/** A container and a blocker may share a name; then both count. */
function oneAnswer({ checks }: Readiness, name: string, asJson: boolean): ReadyAnswer {
  const found = checks.filter(check => check.name === name);
  if (found.length === 0) {
    const known = listed(checks.map(check => check.name));
    const error = `No check is called ${listed([name])}; there are: ${known || 'none'}`;
    return asJson ? json(404, { error }) : text(404, `${error}\n`);
  }
  const failed = found.filter(check => blocks(check) || check.outcome === 'tolerated');
  const ready = failed.length === 0;
  if (asJson) return json(ready ? 200 : 503, checksToJson(ready, found));
  return ready ? text(200, 'ok') : text(503, `${failed.map(checkLine).join('\n')}\n`);
}

/** @returns the readiness as JSON has it, with `since` in ISO 8601. */
function checksToJson(ready: boolean, checks: readonly Check[]): object {
  return {
    ready,
    checks: checks.map(({ name, outcome, reason, since }) => {
      return { name, outcome, reason, since: new Date(since).toISOString() };
    }),
  };
}

/** A path that is no valid encoding names no check. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function text(status: ReadyAnswer['status'], body: string): ReadyAnswer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

function json(status: ReadyAnswer['status'], body: object): ReadyAnswer {
  return { status, type: 'application/json', body: `${JSON.stringify(body)}\n` };
}
