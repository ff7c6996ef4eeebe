import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A client that sends whatever it likes, and hears all that comes back. */
export interface RawClient {
  readonly socket: Socket;
  /** What was heard so far. */
  readonly heard: string;
  /** What was heard until the connection was closed, in whatever way. */
  readonly closed: Promise<string>;
}

/** @returns a client whose connection is on its way; it is gone when the test has ended. */
export function rawClient(context: TestContext, port: number, bytes: string | Uint8Array = ''): RawClient {
  const client = openRaw(port, bytes);
  context.after(() => client.socket.destroy());
  return client;
}

/** As {@link rawClient}, for those who make thousands and see to their end themselves. */
export function openRaw(port: number, bytes: string | Uint8Array): RawClient {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  let heard = '';
  socket.setEncoding('latin1').on('data', (text: string) => void (heard += text));
  socket.on('error', () => {}); // `close` follows.
  socket.on('end', () => socket.resetAndDestroy()); // Thousands would else stay in TIME-WAIT for a minute.
  if (bytes.length > 0) socket.write(bytes);
  const { promise: closed, resolve } = Promise.withResolvers<string>();
  socket.once('close', () => resolve(heard));
  return {
    socket,
    get heard(): string {
      return heard;
    },
    closed,
  };
}

/** @returns the statuses of all answers heard. */
export function statusesIn(heard: string): number[] {
  return [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
