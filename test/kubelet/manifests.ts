/** A Pod of one container, with these lines added to the container. */
export function podWith(...lines: readonly string[]): string {
  return [
    'kind: Pod',
    'spec:',
    '  containers:',
    '    - name: rails',
    ...lines.map(line => `      ${line}`),
  ].join('\n');
}
