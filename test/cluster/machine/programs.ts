/** Where the built programs are. */
export interface Programs {
  /** The folder with kubelet, kubectl and the others. */
  readonly kubernetes: string;
  /** The folder with etcd. */
  readonly etcd: string;
}
