/**
 * A namespace with the pods and nodes of a model, written as a scheduler and kubelets would; and two Services over them:
 * `web`, which is published, and `twin`, which has a selector.
 */
import { Cluster, type Told } from '../../../publisher/cluster.ts';
import { expectedOf } from '../../../publisher/expected.ts';
import { SERVICE } from '../../../publisher/objects.ts';
import { type Json, metadataOf } from '../../../publisher/server.ts';
import { type Client, Refused } from '../client.ts';

export const TWIN = 'twin';
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const SERVICES = [
  { name: SERVICE, annotations: { 'podusher.dev/selector': 'app=web' }, selector: undefined },
  { name: TWIN, annotations: {}, selector: { app: 'web' } },
];

export class Shop {
  readonly namespace: string;
  /** Without containers that are not critical the built-in controller must agree. */
  readonly isTwin: boolean;
  readonly model: Cluster;
  readonly #client: Client;
  readonly #isHeadless: boolean;
  /** What the pods were told to be last, by name; without their Ready condition. */
  readonly #pods = new Map<string, { readonly uid: string; readonly told: string }>();
  readonly #services = new Set<string>();
  readonly #nodes = new Set<string>();
  readonly #labels = new Set<string>();

  constructor(client: Client, index: number, isTwin: boolean) {
    this.#client = client;
    this.namespace = `shop-${index}`;
    this.isTwin = isTwin;
    this.#isHeadless = index % 2 === 1;
    this.model = new Cluster(!isTwin);
  }

  async open(): Promise<void> {
    await this.#client.post('/api/v1/namespaces', { metadata: { name: this.namespace } });
    await this.tell(this.model.first());
  }

  /** The lines that `publishedBy()` is to say. */
  get expected(): readonly string[] {
    return expectedOf(this.model);
  }

  /** Makes the API server's objects what the model says. */
  async tell({ nodes, services, pods, removedNodes, removedPods }: Told): Promise<void> {
    await Promise.all([
      ...nodes.map(node => this.#putNode(node)),
      ...removedNodes.map(name => this.#removeNode(name)),
    ]);
    await Promise.all([
      ...services.map(service => this.#putServices(service)),
      ...pods.map(pod => this.#putPod(pod)),
      ...removedPods.map(name => this.#removePod(name)),
    ]);
  }

  /** An edit that changes nothing. */
  async touchTwin(): Promise<void> {
    const metadata = { annotations: { 'example.com/touched': microTime() } };
    await this.#client.patch(`${this.#folder}/services/${TWIN}`, { metadata });
  }

  /** What the kubelets of nodes that are not lost do all the time; by a client that need not wait for what is told. */
  async beat(client: Client): Promise<void> {
    const alive = this.model.nodes.filter(({ state }) => state === 'ready');
    await Promise.all(alive.map(({ name }) => renew(client, this.#nodeName(name))));
  }

  #nodeName(name: string): string {
    return `${this.namespace}-${name}`;
  }

  async #putNode(object: object): Promise<void> {
    const { labels } = metadataOf(object);
    const name = this.#nodeName(metadataOf(object).name);
    const zone = labels['topology.kubernetes.io/zone'] ?? null;
    const metadata = { name, labels: { ...labels, 'topology.kubernetes.io/zone': zone } };
    if (this.#nodes.has(name)) await this.#client.patch(`/api/v1/nodes/${name}`, { metadata });
    else await this.#client.post('/api/v1/nodes', { metadata: { name, labels } });
    this.#nodes.add(name);
    const { status } = Object(object);
    // A lost one says nothing: the node controller does.
    if (JSON.stringify(status).includes('Unknown')) return;
    await renew(this.#client, name);
    await this.#client.patch(`/api/v1/nodes/${name}/status`, { status });
  }

  async #removeNode(name: string): Promise<void> {
    this.#nodes.delete(this.#nodeName(name));
    await this.#client.delete(`/api/v1/nodes/${this.#nodeName(name)}`).catch(unless(404));
  }

  get #folder(): string {
    return `/api/v1/namespaces/${this.namespace}`;
  }

  async #putPod(object: object): Promise<void> {
    const { metadata, spec, status } = Object(object);
    const { name, uid, labels, annotations } = metadataOf(object);
    const node = Object(spec).nodeName;
    const known = this.#pods.get(name);
    const told = JSON.stringify([metadata, spec, { ...status, conditions: status.conditions.slice(0, -1) }]);
    const isLost = this.model.nodes.some(one => one.name === node && one.state === 'lost');
    if (known?.uid === uid && isLost && known?.told === told) return;
    const isSame = known?.uid === uid;
    if (known !== undefined && !isSame) await this.#removePod(name);
    this.#pods.set(name, { uid: String(uid), told });
    const fresh = { labels, annotations: { 'podusher.dev/non-critical': null, ...Object(annotations) } };
    const placed = { ...spec, nodeName: this.#nodeName(node), terminationGracePeriodSeconds: 300 };
    if (isSame)
      await this.#client.patch(`${this.#folder}/pods/${name}`, { metadata: fresh }).catch(unless(404));
    else
      await this.#client.post(`${this.#folder}/pods`, {
        metadata: { name, labels, annotations },
        spec: placed,
      });
    await this.#client.patch(`${this.#folder}/pods/${name}/status`, { status }).catch(unless(404));
    if (metadata.deletionTimestamp !== undefined)
      await this.#client.delete(`${this.#folder}/pods/${name}`).catch(unless(404));
  }

  async #removePod(name: string): Promise<void> {
    this.#pods.delete(name);
    await this.#client.delete(`${this.#folder}/pods/${name}`, { gracePeriodSeconds: 0 }).catch(unless(404));
  }

  async #putServices(object: object): Promise<void> {
    const { spec } = Object(object);
    const { labels } = metadataOf(object);
    for (const key of Object.keys(labels)) this.#labels.add(key);
    const { trafficDistribution, ipFamilies, ports, publishNotReadyAddresses } = spec;
    const isKnown = trafficDistribution !== undefined && trafficDistribution !== 'Other';
    const wanted = {
      ports,
      publishNotReadyAddresses,
      trafficDistribution: isKnown ? trafficDistribution : null,
      ipFamilies,
      ipFamilyPolicy: ipFamilies.length > 1 ? 'RequireDualStack' : 'SingleStack',
    };
    const without = Object.fromEntries([...this.#labels].map(key => [key, null]));
    await Promise.all(
      SERVICES.map(async ({ name, annotations, selector }) => {
        const path = `${this.#folder}/services/${name}`;
        const created = {
          metadata: { name, labels, annotations },
          spec: { ...wanted, selector, ...(this.#isHeadless ? { clusterIP: 'None' } : {}) },
        };
        const create = (): Promise<Json> => this.#client.post(`${this.#folder}/services`, created);
        if (!this.#services.has(name)) await create();
        else
          await this.#client
            .patch(path, { metadata: { labels: { ...without, ...labels } }, spec: wanted })
            // Its first family may not be edited.
            .catch(unless(422, () => this.#client.delete(path).then(create)));
        this.#services.add(name);
      }),
    );
  }
}

async function renew(client: Client, name: string): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTime() };
  const body = { metadata: { name }, spec };
  await client.patch(`${LEASES}/${name}`, body).catch(unless(404, () => client.post(LEASES, body)));
}

/** Lets a refusal pass, or does something instead. */
function unless(status: number, instead?: () => Promise<unknown>): (error: unknown) => unknown {
  return error => {
    if (!(error instanceof Refused) || error.status !== status) throw error;
    return instead?.();
  };
}

/** The time now, as the API writes it. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
