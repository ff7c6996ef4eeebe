/**
 * The fields of the objects that a rehearsal reads in a manifest, by Kubernetes 1.31 to 1.36
 * (`k8s.io/api/core/v1/types.go`, `apps/v1/types.go`): all of them, also those that it leaves to Kubernetes, so that
 * none is called unknown that the API server takes.
 */

/** What sort of object it is. */
export type Kind =
  | 'Pod'
  | 'Deployment'
  | 'DeploymentSpec'
  | 'PodTemplate'
  | 'Metadata'
  | 'PodSpec'
  | 'Container'
  | 'EnvVar'
  | 'EnvVarSource'
  | 'FieldRef'
  | 'Lifecycle'
  | 'Handler'
  | 'Probe'
  | 'Exec'
  | 'Grpc'
  | 'HttpGet'
  | 'HttpHeader'
  | 'Sleep'
  | 'TcpSocket'
  | 'ContainerPort'
  | 'VolumeMount'
  | 'Volume'
  | 'DownwardApi'
  | 'DownwardFile';

/** The fields of one object by name; those that hold an object that is read, or a list of such, name its kind. */
export type Fields = ReadonlyMap<string, Kind | undefined>;

const KINDS: Readonly<Record<Kind, readonly [others: string, objects: Readonly<Record<string, Kind>>]>> = {
  Pod: ['apiVersion kind status', { metadata: 'Metadata', spec: 'PodSpec' }],
  Deployment: ['apiVersion kind status', { metadata: 'Metadata', spec: 'DeploymentSpec' }],
  DeploymentSpec: [
    'minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector strategy',
    { template: 'PodTemplate' },
  ],
  PodTemplate: ['', { metadata: 'Metadata', spec: 'PodSpec' }],
  Metadata: [
    'annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation ' +
      'labels managedFields name namespace ownerReferences resourceVersion selfLink uid',
    {},
  ],
  PodSpec: [
    'activeDeadlineSeconds affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks ' +
      'ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride ' +
      'imagePullSecrets nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName ' +
      'readinessGates resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates ' +
      'schedulingGroup securityContext serviceAccount serviceAccountName setHostnameAsFQDN ' +
      'shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations topologySpreadConstraints workloadRef',
    { containers: 'Container', initContainers: 'Container', volumes: 'Volume' },
  ],
  Container: [
    'args command envFrom image imagePullPolicy name resizePolicy resources restartPolicy restartPolicyRules ' +
      'securityContext stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices workingDir',
    {
      env: 'EnvVar',
      lifecycle: 'Lifecycle',
      livenessProbe: 'Probe',
      ports: 'ContainerPort',
      readinessProbe: 'Probe',
      startupProbe: 'Probe',
      volumeMounts: 'VolumeMount',
    },
  ],
  EnvVar: ['name value', { valueFrom: 'EnvVarSource' }],
  EnvVarSource: ['configMapKeyRef fileKeyRef resourceFieldRef secretKeyRef', { fieldRef: 'FieldRef' }],
  FieldRef: ['apiVersion fieldPath', {}],
  Lifecycle: ['stopSignal', { postStart: 'Handler', preStop: 'Handler' }],
  Handler: ['', { exec: 'Exec', httpGet: 'HttpGet', sleep: 'Sleep', tcpSocket: 'TcpSocket' }],
  Probe: [
    'failureThreshold initialDelaySeconds periodSeconds successThreshold terminationGracePeriodSeconds timeoutSeconds',
    { exec: 'Exec', grpc: 'Grpc', httpGet: 'HttpGet', tcpSocket: 'TcpSocket' },
  ],
  Exec: ['command', {}],
  Grpc: ['port service', {}],
  HttpGet: ['host path port scheme', { httpHeaders: 'HttpHeader' }],
  HttpHeader: ['name value', {}],
  Sleep: ['seconds', {}],
  TcpSocket: ['host port', {}],
  ContainerPort: ['containerPort hostIP hostPort name protocol', {}],
  VolumeMount: ['mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr', {}],
  Volume: [
    'awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi emptyDir ephemeral fc flexVolume flocker ' +
      'gcePersistentDisk gitRepo glusterfs hostPath image iscsi name nfs persistentVolumeClaim ' +
      'photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume',
    { downwardAPI: 'DownwardApi' },
  ],
  DownwardApi: ['defaultMode', { items: 'DownwardFile' }],
  DownwardFile: ['mode path resourceFieldRef', { fieldRef: 'FieldRef' }],
};

/** @returns the fields of an object of this kind. */
export function fieldsOf(kind: Kind): Fields {
  const [others, objects] = KINDS[kind];
  const fields = new Map<string, Kind | undefined>(Object.entries(objects));
  for (const name of others.split(' ').filter(Boolean)) fields.set(name, undefined);
  return fields;
}
