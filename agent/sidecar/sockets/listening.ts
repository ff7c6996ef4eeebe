import { readListeningPorts } from './proc.ts';

const EVERY_MS = 1000;

/**
 * Reads which TCP ports listen in the pod, each second, for the containers that have ports but no probe. From /proc,
 * so that nothing needs to be loaded for it; a reading that fails tells nothing.
 *
 * @returns a function that ends it
 */
export function watchListening(listen: (ports: ReadonlySet<number>) => void): () => void {
  function read(): void {
    const ports = readListeningPorts();
    if (ports.ok) listen(ports.value);
  }
  read();
  const timer = setInterval(read, EVERY_MS);
  return () => clearInterval(timer);
}
