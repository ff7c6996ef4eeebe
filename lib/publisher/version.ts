/**
 * @returns whether one resourceVersion is older than another of the same resource: they are numbers that grow
 *   (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). False where they are not.
 */
export function isOlder(version: string, than: string): boolean {
  const areNumbers = /^[0-9]+$/.test(version) && /^[0-9]+$/.test(than);
  if (!areNumbers) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
