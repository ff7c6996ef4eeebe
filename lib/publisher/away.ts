const MOST = 10_000;

/** Nodes that were lost or deleted, and are not back; those that went first are forgotten first. */
export class Away {
  readonly #names = new Set<string>();

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const [first] = this.#names;
    if (this.#names.size > MOST && first !== undefined) this.#names.delete(first);
  }

  delete(name: string): void {
    this.#names.delete(name);
  }
}
