/** How the fake API server answers, well or badly. */
import type { ServerResponse } from 'node:http';

/** Refuses as the API server does. */
export function refuse(
  response: ServerResponse,
  code: number,
  message = '',
  headers: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  send(response, code, { kind: 'Status', status: 'Failure', message, code });
}

/** Answers with an object. */
export function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Sends `a` without an end, as fast as it is taken. @returns how many MiB were taken so far. */
export function pour(response: ServerResponse): () => number {
  const piece = Buffer.alloc(2 ** 20, 'a');
  let mib = 0;
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && mib < 1024) {
      mib += 1;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
  return () => mib;
}
