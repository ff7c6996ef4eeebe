/** A Service as the API tells it, reduced on receipt (`Service` in `k8s.io/api/core/v1/types.go`). */
import * as v from 'valibot';
import { type Parsed, parsed } from '../parsed.ts';
import type { Labels } from './label.ts';
import { labels, MOST_PORTS, readObject, text } from './metadata.ts';
import { parseSelector, type Selector } from './selector.ts';
import { isSameSelector } from './selector-index.ts';

export interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly claim: Claim;
  /** What is wrong with it, whether it is published or not. */
  readonly problems: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly families: readonly Family[];
  /** It has no address of its own. */
  readonly isHeadless: boolean;
  readonly publishNotReadyAddresses: boolean;
  readonly distribution: Distribution | undefined;
  /** It has a deletionTimestamp. */
  readonly isTerminating: boolean;
}

/** Whose pods are published. */
export type Claim =
  /** The pods that the annotation selects. */
  | { readonly type: 'selected'; readonly selector: Selector }
  /**
   * The annotation cannot be followed. The pods that its slices name already are kept up to date, and nobody is added:
   * a mistake neither takes a Service down nor lets it send to pods that are gone.
   */
  | { readonly type: 'held' }
  /** It has no annotation: no business of ours, and slices that it has of ours are withdrawn. */
  | { readonly type: 'none' };

export interface ServicePort {
  readonly name: string;
  readonly protocol: string;
  /** A number, or the name of a container's port. */
  readonly target: number | string;
  readonly appProtocol: string | undefined;
}

export type Family = 'IPv4' | 'IPv6';

/** `zone` for PreferClose and PreferSameZone, `node` for PreferSameNode, which prefers the zone as well. */
export type Distribution = 'zone' | 'node';

export const SELECTOR = 'podusher.dev/selector';
const TOPOLOGY = [
  'service.kubernetes.io/topology-aware-hints',
  'service.kubernetes.io/topology-mode',
] as const;

const DISTRIBUTIONS: ReadonlyMap<string | null | undefined, Distribution> = new Map([
  ['PreferClose', 'zone'],
  ['PreferSameZone', 'zone'],
  ['PreferSameNode', 'node'],
]);

const annotation = v.nullish(v.string());
const port = v.object({
  name: v.nullish(text, ''),
  protocol: v.nullish(text, 'TCP'),
  port: v.number(),
  targetPort: v.nullish(v.union([v.number(), text])),
  appProtocol: v.nullish(text),
});

const service = v.object({
  metadata: v.object({
    name: text,
    namespace: text,
    uid: text,
    labels,
    annotations: v.nullish(
      v.object({ [SELECTOR]: annotation, [TOPOLOGY[0]]: annotation, [TOPOLOGY[1]]: annotation }),
      {},
    ),
    deletionTimestamp: v.nullish(text),
  }),
  spec: v.object({
    type: v.nullish(text),
    selector: v.nullish(
      v.custom<object>(value => typeof value === 'object' && value !== null),
      {},
    ),
    ports: v.nullish(v.pipe(v.array(port), v.maxLength(MOST_PORTS)), []),
    clusterIP: v.nullish(text, ''),
    ipFamilies: v.nullish(v.pipe(v.array(text), v.maxLength(16)), []),
    publishNotReadyAddresses: v.nullish(v.boolean(), false),
    trafficDistribution: v.nullish(text),
  }),
});

type Raw = v.InferOutput<typeof service>;

/** @returns the Service, or what is wrong with it. */
export function parseService(object: unknown): Parsed<Service> {
  const read = readObject(service, object, 'Service');
  if (!read.ok) return read;
  const { metadata, spec } = read.value;
  const { claim, problems } = claimOf(read.value);
  const isAuto = isTopologyAuto(metadata.annotations);
  const auto = `Annotations ${TOPOLOGY.join(', ')} are not followed; spec.trafficDistribution is`;
  return parsed({
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    labels: metadata.labels,
    claim,
    problems: isAuto && claim.type !== 'none' ? [...problems, auto] : problems,
    ports: spec.ports.map(({ name, protocol, port: number, targetPort, appProtocol }) => ({
      name,
      protocol,
      target: targetPort ?? number,
      appProtocol: appProtocol ?? undefined,
    })),
    families: familiesOf(spec),
    isHeadless: isHeadless(spec),
    publishNotReadyAddresses: spec.publishNotReadyAddresses,
    distribution: isAuto ? undefined : DISTRIBUTIONS.get(spec.trafficDistribution),
    isTerminating: metadata.deletionTimestamp != null,
  });
}

/**
 * With a selector of its own, the built-in controller publishes it (`syncService` in `pkg/controller/endpointslice`). Where
 * that selects the same pods, it is being moved here or back: both publish it, so that no endpoint is missing in between.
 */
function claimOf({ metadata, spec }: Raw): Pick<Service, 'claim' | 'problems'> {
  const given = metadata.annotations?.[SELECTOR];
  if (given == null) return { claim: { type: 'none' }, problems: [] };
  const read = parseSelector(given);
  const problems = read.ok
    ? []
    : read.problems.slice(0, 10).map(problem => `Annotation ${SELECTOR}: ${problem}`);
  const own = Object.entries(spec.selector).map(([key, value]) => `${key}=${value}`);
  const isMoving = own.length > 0 && read.ok && isSame(read.value, own.join());
  if (spec.type === 'ExternalName') problems.push('It is an ExternalName, which has no endpoints');
  if (own.length > 0 && !isMoving) {
    problems.push('It has a selector of its own, by which Kubernetes publishes it; remove spec.selector');
  }
  const isGood = read.ok && problems.length === 0;
  if (isMoving)
    problems.push('It has spec.selector still, by which Kubernetes publishes it as well; remove it');
  return { claim: isGood ? { type: 'selected', selector: read.value } : { type: 'held' }, problems };
}

function isSame(selector: Selector, own: string): boolean {
  const other = parseSelector(own);
  return other.ok && isSameSelector(selector, other.value);
}

/** `hintsEnabled` in `k8s.io/endpointslice/utils.go`: it turns trafficDistribution off; the older key goes first. */
function isTopologyAuto(annotations: Raw['metadata']['annotations']): boolean {
  const mode = annotations?.[TOPOLOGY[0]] ?? annotations?.[TOPOLOGY[1]];
  return mode === 'Auto' || mode === 'auto';
}

/** `getAddressTypesForService`. */
function familiesOf({ ipFamilies, clusterIP }: Raw['spec']): Family[] {
  const given = (['IPv4', 'IPv6'] as const).filter(family => ipFamilies.includes(family));
  if (given.length > 0) return given;
  if (isHeadless({ clusterIP })) return ['IPv4', 'IPv6'];
  return [familyOf(clusterIP)];
}

/** @returns that of an address, which the API server has checked. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

/** `isServiceIPSet`. */
function isHeadless({ clusterIP }: Pick<Raw['spec'], 'clusterIP'>): boolean {
  return clusterIP === '' || clusterIP === 'None';
}
