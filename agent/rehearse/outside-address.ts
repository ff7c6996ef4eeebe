/** The load's own address: for the agent, what comes from there is the outside, and all else the pod. */
export const OUTSIDE_ADDRESS: string = outsideAddress(process.pid);

/**
 * @param pid of the rehearsal, so that two on one machine do not take each other's load for theirs.
 * @returns an address in 127.128.0.0/10, whose 22 bits hold the largest process id of Linux (`PID_MAX_LIMIT`).
 */
export function outsideAddress(pid: number): string {
  return `127.${128 + ((pid >> 16) & 0x3f)}.${(pid >> 8) & 0xff}.${pid & 0xff}`;
}
