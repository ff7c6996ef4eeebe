/** @returns what `done` brings, or what `late` brings if that takes longer than `ms`. */
export async function within<T>(done: Promise<T>, ms: number, late: () => T): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    try {
      resolve(late());
    } catch (error) {
      reject(error);
    }
  }, ms);
  return await Promise.race([done, promise]).finally(() => clearTimeout(timer));
}
