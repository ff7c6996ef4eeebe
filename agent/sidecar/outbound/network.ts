/**
 * The agent's way out: every connection it opens is opened and told here, so that the pod's arrivals, which the kernel
 * counts all together, can be told from the agent's own. Invariant: a socket is destroyed when its signal is aborted,
 * whatever it is doing: a probe that has ended leaves no connection behind.
 */
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { ProbeTimeout } from './problem.ts';

/** Where to connect. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** The connections that the agent opens: for probes, gauges and drain actions. */
export class Network {
  readonly #connected: (socket: Socket) => void;

  /** @param connected Called with each socket once it is connected, so that it is not taken for an arrival. */
  constructor(connected: (socket: Socket) => void = () => {}) {
    this.#connected = connected;
  }

  /**
   * @param signal Its abort destroys the socket, with the abort's reason as the error where it is a timeout.
   * @returns a socket that connects, after a lookup where the host is a name. It tells by `connect` and `error`.
   */
  tcp({ host, port }: Target, signal: AbortSignal): Socket {
    return this.#watch(tcpConnect({ host, port }), signal);
  }

  /** As {@link tcp}, with TLS; certificates are not verified, as in the kubelet. It tells by `secureConnect`. */
  tls({ host, port }: Target, signal: AbortSignal): Socket {
    // Loaded by the first HTTPS probe: it costs 5 MiB (measured, Node 24).
    const { connect } = process.getBuiltinModule('node:tls');
    const serverName = isIP(host) === 0 ? { servername: host } : {};
    return this.#watch(connect({ host, port, rejectUnauthorized: false, ...serverName }), signal);
  }

  #watch(socket: Socket, signal: AbortSignal): Socket {
    const abort = () => socket.destroy(signal.reason instanceof ProbeTimeout ? signal.reason : undefined);
    // Whoever waits for the socket listens too; but an error that nobody waits for any more must not end the agent.
    socket.on('error', () => {});
    socket.once('connect', () => this.#connected(socket));
    socket.once('close', () => signal.removeEventListener('abort', abort));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return socket;
  }
}
