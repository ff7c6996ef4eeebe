import { once } from 'node:events';
import { connect } from 'node:net';
import { OUTSIDE } from './launch.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\n\r\n';

/**
 * Opens kept connections to the ports in turn, each of which makes a request a second.
 * @returns a function that ends them
 */
export async function keepConnections(ports: readonly number[], number: number): Promise<() => void> {
  const sockets = Array.from({ length: number }, (_, index) =>
    connect({ host: '127.0.0.1', port: ports[index % ports.length] ?? 0, localAddress: OUTSIDE }).resume(),
  );
  await Promise.all(sockets.map(socket => once(socket, 'connect')));
  const timers = sockets.map((socket, index) => {
    let timer = setTimeout(
      () => {
        timer = setInterval(() => socket.write(REQUEST), 1000);
      },
      (index * 1000) / number,
    );
    return () => clearInterval(timer);
  });
  return () => {
    for (const end of timers) end();
    for (const socket of sockets) socket.destroy();
  };
}
