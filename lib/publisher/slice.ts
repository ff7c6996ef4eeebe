/**
 * An EndpointSlice as the API tells it (`EndpointSlice` in `k8s.io/api/discovery/v1/types.go`). Of ours is kept what we
 * write; whatever else there is in it is never lost, for an update is a patch. Of others' the name is kept.
 */
import * as v from 'valibot';
import { type Parsed, parsed, unparsed } from '../parsed.ts';
import type { Endpoint } from './endpoint.ts';
import type { Labels } from './label.ts';
import { labels, MOST_PORTS, readObject, text } from './metadata.ts';

/** A slice of some Service. */
export type Slice = OurSlice | ForeignSlice;

export interface OurSlice {
  readonly type: 'ours';
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Labels;
  /** The uids of the Services that own it (`ownedBy` in `k8s.io/endpointslice/utils.go`). */
  readonly owners: readonly string[];
  /** It has a deletionTimestamp. */
  readonly isTerminating: boolean;
  /** A family, or what nobody publishes here. */
  readonly addressType: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Somebody else's, who may be right or not: it is told, and left alone. */
export interface ForeignSlice {
  readonly type: 'foreign';
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  /** Empty where it does not say. */
  readonly managedBy: string;
}

export interface EndpointPort {
  readonly name: string;
  readonly port: number | undefined;
  readonly protocol: string;
  readonly appProtocol: string | undefined;
}

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** The label's value on all slices of ours. */
export const MANAGER = 'publisher.podusher.dev';

const flag = v.nullish(v.boolean());
const optionalText = v.nullish(text);
const names = v.nullish(v.pipe(v.array(v.object({ name: text })), v.maxLength(64)));

const endpoint = v.pipe(
  v.object({
    addresses: v.pipe(v.array(text), v.maxLength(100)),
    conditions: v.nullish(v.object({ ready: flag, serving: flag, terminating: flag })),
    hostname: optionalText,
    targetRef: v.nullish(
      v.object({ kind: optionalText, namespace: optionalText, name: optionalText, uid: optionalText }),
    ),
    nodeName: optionalText,
    zone: optionalText,
    hints: v.nullish(v.object({ forZones: names, forNodes: names })),
  }),
  v.transform(
    ({ addresses, conditions, hostname, targetRef, nodeName, zone, hints }): Endpoint => ({
      addresses,
      conditions: {
        ready: conditions?.ready ?? undefined,
        serving: conditions?.serving ?? undefined,
        terminating: conditions?.terminating ?? undefined,
      },
      hostname: hostname ?? undefined,
      targetRef: targetRef
        ? {
            kind: targetRef.kind ?? undefined,
            namespace: targetRef.namespace ?? undefined,
            name: targetRef.name ?? undefined,
            uid: targetRef.uid ?? undefined,
          }
        : undefined,
      nodeName: nodeName ?? undefined,
      zone: zone ?? undefined,
      hints: hints
        ? { forZones: hints.forZones ?? undefined, forNodes: hints.forNodes ?? undefined }
        : undefined,
    }),
  ),
);

const port = v.pipe(
  v.object({
    name: optionalText,
    port: v.nullish(v.number()),
    protocol: optionalText,
    appProtocol: optionalText,
  }),
  v.transform(
    (raw): EndpointPort => ({
      name: raw.name ?? '',
      port: raw.port ?? undefined,
      protocol: raw.protocol ?? 'TCP',
      appProtocol: raw.appProtocol ?? undefined,
    }),
  ),
);

const metadata = v.object({ name: text, namespace: text, labels });

const ours = v.object({
  metadata: v.object({
    uid: text,
    resourceVersion: text,
    deletionTimestamp: v.nullish(text),
    ownerReferences: v.nullish(
      v.pipe(v.array(v.object({ apiVersion: text, kind: text, uid: text })), v.maxLength(256)),
      [],
    ),
  }),
  addressType: text,
  ports: v.nullish(v.pipe(v.array(port), v.maxLength(MOST_PORTS)), []),
  endpoints: v.nullish(v.pipe(v.array(endpoint), v.maxLength(1000)), []),
});

/** @returns the slice, or what is wrong with it; one of no Service is none. */
export function parseSlice(object: unknown): Parsed<Slice> {
  const head = readObject(v.object({ metadata }), object, 'EndpointSlice');
  if (!head.ok) return head;
  const { name, namespace, labels: all } = head.value.metadata;
  const service = all.get(SERVICE_NAME);
  if (!service) return unparsed(`Not a Service's EndpointSlice: it has no label ${SERVICE_NAME}`);
  const managedBy = all.get(MANAGED_BY) ?? '';
  if (managedBy !== MANAGER) return parsed({ type: 'foreign', name, namespace, service, managedBy });
  const read = readObject(ours, object, 'EndpointSlice');
  if (!read.ok) return read;
  const { metadata: rest, addressType, ports, endpoints } = read.value;
  return parsed({
    type: 'ours',
    name,
    namespace,
    service,
    uid: rest.uid,
    resourceVersion: rest.resourceVersion,
    labels: all,
    owners: rest.ownerReferences.flatMap(({ apiVersion, kind, uid }) =>
      apiVersion === 'v1' && kind === 'Service' ? [uid] : [],
    ),
    isTerminating: rest.deletionTimestamp != null,
    addressType,
    ports,
    endpoints,
  });
}
