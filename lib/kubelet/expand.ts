/**
 * Kubernetes' own references in commands, arguments and variables: `$(NAME)` is the variable's value, `$$(NAME)`
 * the text `$(NAME)`; one that is not known stays as it is (`third_party/forked/golang/expansion/expand.go`).
 *
 * @returns the text with its references replaced, once: what a value brings along is not looked at again.
 */
export function expand(text: string, env: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\((?<name>[^()]*)\)/gu, (whole, name: string | undefined) => {
    if (whole === '$$') return '$';
    return (name === undefined ? undefined : env.get(name)) ?? whole;
  });
}
