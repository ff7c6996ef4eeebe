import type { Parsed } from '../../../lib/parsed.ts';
import { readListeningPorts } from './proc.ts';

const EVERY_MS = 1000;

/** Who is told which ports listen. */
export interface Listener {
  /** They were read. */
  readonly ports: (ports: ReadonlySet<number>) => void;
  /** Why they cannot be read, told once for as long as it is the same; undefined when they can be again. */
  readonly problem: (problem: string | undefined) => void;
}

/**
 * Reads which TCP ports listen in the pod, each second, for the containers that have ports but no probe. From /proc,
 * so that nothing needs to be loaded for it.
 *
 * @returns a function that ends it
 */
export function watchListening(
  listener: Listener,
  readPorts: () => Parsed<ReadonlySet<number>> = readListeningPorts,
): () => void {
  let told: string | undefined;
  function read(): void {
    const ports = readPorts();
    const problem = ports.ok ? undefined : ports.problems.join('; ');
    if (problem !== told) listener.problem(problem);
    told = problem;
    if (ports.ok) listener.ports(ports.value);
  }
  read();
  const timer = setInterval(read, EVERY_MS);
  return () => clearInterval(timer);
}
