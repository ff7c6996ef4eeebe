/**
 * A control plane without nodes: etcd, the API server and, where wanted, controllers, on ports of their own of loopback
 * and in a folder of their own. Whoever writes pods' statuses is their kubelet. It needs no root, and no cluster.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../rehearse/cli.ts';
import { programsOf } from '../build/programs.ts';
import { kubernetesAtHand } from '../build/versions.ts';
import {
  apiServerCommand,
  type ControlPlace,
  controllerManagerCommand,
  etcdCommand,
  type Flags,
} from '../machine/control-plane.ts';
import { controlIdentities, makeKeyRing } from '../machine/keys.ts';
import type { Programs } from '../machine/programs.ts';
import type { Say } from '../say.ts';
import { until } from '../wait.ts';
import { Client } from './client.ts';
import { Program } from './program.ts';

const READY_MS = 90_000;
const ADDRESS = '127.0.0.1';

export interface ControlPlaneOptions {
  /** Beside what every API server gets. */
  readonly api?: Flags;
  readonly say?: Say;
  readonly signal?: AbortSignal;
}

export class ControlPlane {
  readonly folder: string;
  readonly place: ControlPlace;
  readonly #programs: Programs;
  readonly #flags: Flags;
  #client: Client | undefined;
  #etcd: Program | undefined;
  #api: Program | undefined;
  #controllers: Program | undefined;

  private constructor(folder: string, place: ControlPlace, programs: Programs, flags: Flags) {
    this.folder = folder;
    this.place = place;
    this.#programs = programs;
    this.#flags = flags;
  }

  /** Builds what is not in the cache; brings etcd and the API server up, or leaves nothing behind. */
  static async start(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const { api = {}, say = () => {}, signal = new AbortController().signal } = options;
    const version = await kubernetesAtHand(process.env['PODUSHER_TEST_KUBERNETES']);
    const programs = await programsOf(version, signal, say);
    const folder = mkdtempSync(join(tmpdir(), 'podusher-plane-'));
    const [port, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
    const place = {
      etcd: { folder: join(folder, 'etcd'), port, peerPort },
      api: { address: ADDRESS, port: apiPort },
      services: '198.19.0.0/16',
      keys: join(folder, 'keys'),
    };
    const plane = new ControlPlane(folder, place, programs, api);
    try {
      await plane.#bringUp();
      return plane;
    } catch (error) {
      await plane.close();
      throw error;
    }
  }

  /** The administrator's. */
  get client(): Client {
    if (this.#client === undefined) throw new Error('The control plane is not up');
    return this.#client;
  }

  get etcd(): Program {
    if (this.#etcd === undefined) throw new Error('etcd is not up');
    return this.#etcd;
  }

  get api(): Program {
    if (this.#api === undefined) throw new Error('The API server is not up');
    return this.#api;
  }

  get controllers(): Program {
    if (this.#controllers === undefined) throw new Error('No controllers are up');
    return this.#controllers;
  }

  /** Starts the API server, again or for the first time, and waits until it is ready. */
  async startApi(): Promise<void> {
    const flags = {
      'endpoint-reconciler-type': 'none',
      // No controller makes the accounts that it asks for.
      'disable-admission-plugins': 'ServiceAccount',
      ...this.#flags,
    };
    const api = this.#start('kube-apiserver', apiServerCommand(this.#programs, this.place, flags));
    this.#api = api;
    const isReady = async (): Promise<boolean> => {
      api.mustRun();
      return (await this.client.get('/readyz'))['text'] === 'ok';
    };
    await until('the API server is ready', isReady, { timeoutMs: READY_MS, everyMs: 50 });
  }

  /** @param names those of the controller manager that are to run: `endpointslice-controller`. */
  startControllers(names: readonly string[], flags: Flags = {}): void {
    const command = controllerManagerCommand(this.#programs, this.place, {
      controllers: names.join(),
      'secure-port': 0,
      ...flags,
    });
    this.#controllers = this.#start('kube-controller-manager', command);
  }

  async close(): Promise<void> {
    this.#client?.close();
    await this.#controllers?.stop('SIGKILL');
    await this.#api?.stop('SIGKILL');
    await this.#etcd?.stop('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #bringUp(): Promise<void> {
    const { keys, api } = this.place;
    await makeKeyRing({ folder: keys, api, identities: controlIdentities([ADDRESS]) });
    mkdirSync(this.place.etcd.folder, { mode: 0o700 });
    this.#client = new Client(api.port, keys);
    this.#etcd = this.#start('etcd', etcdCommand(this.#programs, this.place));
    await this.startApi();
  }

  #start(name: string, command: readonly string[]): Program {
    return new Program(name, command, join(this.folder, `${name}.log`));
  }
}
