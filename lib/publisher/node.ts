/** A node as the API tells it, reduced on receipt (`Node` in `k8s.io/api/core/v1/types.go`). */
import * as v from 'valibot';
import { type Parsed, parsed } from '../parsed.ts';
import { conditions, isTrue, readObject, text } from './metadata.ts';

export interface Node {
  readonly name: string;
  readonly uid: string;
  /** Its label `topology.kubernetes.io/zone`; undefined where that is missing or empty. */
  readonly zone: string | undefined;
  /**
   * False for a lost node: no kubelet keeps the statuses of its pods' containers up to date, and the node lifecycle
   * controller takes the pods' Ready condition back and leaves those as they were (`MarkPodsNotReady` in
   * `pkg/controller/util/node/controller_utils.go`).
   */
  readonly isReady: boolean;
}

const ZONE = 'topology.kubernetes.io/zone';

const node = v.object({
  // Of its labels this one alone: some nodes have hundreds.
  metadata: v.object({
    name: text,
    uid: v.nullish(text, ''),
    labels: v.nullish(v.object({ [ZONE]: v.nullish(text) }), {}),
  }),
  status: v.nullish(v.object({ conditions }), { conditions: [] }),
});

/** @returns the node, or what is wrong with it. */
export function parseNode(object: unknown): Parsed<Node> {
  const read = readObject(node, object, 'Node');
  if (!read.ok) return read;
  const { metadata, status } = read.value;
  const zone = metadata.labels[ZONE] || undefined;
  const { name, uid } = metadata;
  return parsed({ name, uid, zone, isReady: isTrue(status.conditions, 'Ready') });
}
