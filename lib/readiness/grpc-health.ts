/**
 * gRPC's health protocol: `Check` of `grpc.health.v1.Health` (github.com/grpc/grpc, `doc/health-checking.md`), its
 * two messages in protobuf's wire format, and what an answer means, as in the kubelet's `pkg/probe/grpc/grpc.go`.
 */
import type { ProbeResult } from './probe-result.ts';

/** The `:path` of a health check. */
export const CHECK_PATH = '/grpc.health.v1.Health/Check';
/** An answer is a few bytes; one that is longer is none. */
export const MAX_ANSWER_BYTES: number = 10 * 1024;

/** `HealthCheckResponse.ServingStatus`, by its number. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const SERVING = 1;
/** gRPC's status codes that the kubelet, or we, have words for. */
const OK = 0;
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;
const STATUS_NAMES: Readonly<Record<number, string>> = {
  5: 'NOT_FOUND',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

/** The end of an exchange, as read. */
export interface GrpcAnswer {
  readonly httpStatus: number;
  readonly body: Uint8Array;
  /** From the trailers, or from the headers of an answer without a body; undefined where neither has it. */
  readonly grpcStatus: string | undefined;
  readonly grpcMessage: string | undefined;
}

/** @returns a `HealthCheckRequest` of the service, in its frame: no compression, length, message. */
export function encodeCheck(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  // Field 1, length-delimited; a string that is empty is not sent.
  const message = name.length === 0 ? [] : [0x0a, ...varint(name.length), ...name];
  return Uint8Array.from([0, ...bigEndian32(message.length), ...message]);
}

/** @returns what the answer says of the service's health. */
export function judgeCheck(answer: GrpcAnswer): ProbeResult {
  const { httpStatus, grpcStatus, grpcMessage = '' } = answer;
  const message = JSON.stringify(grpcMessage.slice(0, 200));
  if (httpStatus !== 200) return failure(`HTTP ${httpStatus} instead of a gRPC answer`);
  if (grpcStatus === undefined) return failure('the answer has no grpc-status');
  const code = Number(grpcStatus);
  if (code === UNIMPLEMENTED) {
    return failure(
      `the server does not implement the gRPC health protocol (grpc.health.v1.Health): ${message}`,
    );
  }
  if (code === DEADLINE_EXCEEDED)
    return failure(`the health check ran out of time at the server: ${message}`);
  if (code !== OK || grpcStatus === '') {
    const name = STATUS_NAMES[code] ?? `code ${JSON.stringify(grpcStatus.slice(0, 20))}`;
    return failure(`the health check failed with ${name}: ${message}`);
  }
  const status = decodeCheck(answer.body);
  if (status === undefined) return failure('the answer is no HealthCheckResponse');
  if (status === SERVING) return { type: 'success', reason: 'SERVING' };
  return failure(`the service is unhealthy: it answered ${SERVING_STATUS[status] ?? status}`);
}

/** @returns the number of the serving status in a framed `HealthCheckResponse`; undefined where it is none. */
export function decodeCheck(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const isWhole = frame.length >= 5 && frame[0] === 0 && view.getUint32(1) === frame.length - 5;
  if (!isWhole) return undefined;
  // Protobuf: what is absent has its default, what is unknown is skipped, the last of several counts.
  let status = 0;
  let at = 5;
  while (at < frame.length) {
    const tag = readVarint(frame, at);
    const field = tag && readField(frame, tag.next, tag.value & 7);
    if (tag === undefined || field === undefined) return undefined;
    if (tag.value === 0x08 && field.varint !== undefined) status = field.varint;
    at = field.next;
  }
  return status;
}

interface Field {
  readonly varint: number | undefined;
  readonly next: number;
}

/** By the wire type: 0 is a varint, 1 eight bytes, 2 a length and as many bytes, 5 four bytes. */
function readField(bytes: Uint8Array, at: number, wireType: number): Field | undefined {
  const number = wireType === 0 || wireType === 2 ? readVarint(bytes, at) : undefined;
  const next = {
    0: number?.next,
    1: at + 8,
    2: number && number.next + number.value,
    5: at + 4,
  }[wireType];
  if (next === undefined || next > bytes.length) return undefined;
  return { varint: wireType === 0 ? number?.value : undefined, next };
}

/** At most ten bytes; beyond 2^53 the value is not exact, which no status needs. */
function readVarint(bytes: Uint8Array, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, next: at + 1 };
  }
  return undefined;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function bigEndian32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function failure(reason: string): ProbeResult {
  return { type: 'failure', reason };
}
