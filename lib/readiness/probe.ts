/**
 * The kubelet's readiness probe. Field names, defaults and bounds are those of `Probe` in
 * `k8s.io/api/core/v1/types.go`; the defaults are set by `SetDefaults_Probe` in `pkg/apis/core/v1/defaults.go`.
 */
export interface Probe {
  readonly action: ProbeAction;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

/** A host of `undefined` is the pod itself. */
export type ProbeAction =
  | {
      readonly type: 'httpGet';
      readonly scheme: 'HTTP' | 'HTTPS';
      readonly host: string | undefined;
      readonly port: number;
      readonly path: string;
      readonly headers: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly type: 'tcpSocket'; readonly host: string | undefined; readonly port: number }
  | { readonly type: 'grpc'; readonly port: number; readonly service: string };
