import { type Parsed, parsed, unparsed } from '../../../lib/parsed.ts';
import { formatPodUrl } from '../../../lib/settings/pod-url.ts';
import type { DrainAction } from '../../../lib/settings/settings.ts';
import { setDeadline } from './deadline.ts';
import { exchange } from './exchange.ts';
import type { Network } from './network.ts';
import { connectionProblem } from './problem.ts';

/** How much a request may cost; with `mostBytes: 0` only the status is wanted. */
export interface Limits {
  readonly timeoutMs: number;
  readonly mostBytes: number;
}

/** Makes one request on a connection of its own. @returns the body of a 2xx answer, or why there is none. */
export type Requester = (request: DrainAction, limits: Limits) => Promise<Parsed<string>>;

/** @returns a requester for gauges and drain actions. `podIp` is where the pod's own containers are reached. */
export function createRequester(network: Network, podIp: string, version: string): Requester {
  return async ({ method, url: podUrl }, { timeoutMs, mostBytes }) => {
    const url = new URL(formatPodUrl(podUrl, podIp));
    const controller = new AbortController();
    const takeBack = setDeadline(timeoutMs, error => controller.abort(error));
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
    };
    const { head, error } = await exchange(
      { url, host: url.host, headers: [['User-Agent', `podusher/${version}`]] },
      { network, signal: controller.signal },
      () => mostBytes > 0,
      { method, mostBytes, take },
    );
    takeBack();
    if (head === undefined || error !== undefined) return unparsed(connectionProblem(error, url.href));
    if (head.status < 200 || head.status > 299) return unparsed(`HTTP ${head.status} from ${url.href}`);
    if (mostBytes > 0 && bytes >= mostBytes)
      return unparsed(`${url.href} answered more than ${mostBytes} bytes`);
    return parsed(Buffer.concat(chunks).toString());
  };
}
