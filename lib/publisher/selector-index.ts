/** Which Services of a namespace select a pod, without asking all of them. */
import type { Labels } from './label.ts';
import { matches, type Selector } from './selector.ts';

/** By the Services' names. */
export class SelectorIndex {
  readonly #selectors = new Map<string, Selector>();
  /** By a label that the selector asks for. */
  readonly #byLabel = new Map<string, Set<string>>();
  /** Those that ask for no label with a value. */
  readonly #others = new Set<string>();

  put(name: string, selector: Selector): void {
    this.remove(name);
    this.#selectors.set(name, selector);
    const labels = askedLabels(selector);
    if (labels.length === 0) this.#others.add(name);
    for (const label of labels) {
      const names = this.#byLabel.get(label) ?? new Set();
      this.#byLabel.set(label, names.add(name));
    }
  }

  remove(name: string): void {
    for (const label of askedLabels(this.#selectors.get(name) ?? [])) {
      const names = this.#byLabel.get(label);
      names?.delete(name);
      if (names?.size === 0) this.#byLabel.delete(label);
    }
    this.#selectors.delete(name);
    this.#others.delete(name);
  }

  /** @returns the names of the Services that select a pod of these labels. */
  select(labels: Labels): string[] {
    const found = [...this.#others].filter(name => this.#isSelected(name, labels));
    for (const [key, value] of labels) {
      for (const name of this.#byLabel.get(labelOf(key, value)) ?? []) {
        if (this.#isSelected(name, labels)) found.push(name);
      }
    }
    return found;
  }

  #isSelected(name: string, labels: Labels): boolean {
    const selector = this.#selectors.get(name);
    return selector !== undefined && matches(selector, labels);
  }
}

/** Of the first requirement that only labels of its key can fulfil; a pod has one of them at most. */
function askedLabels(selector: Selector): string[] {
  for (const requirement of selector) {
    if (requirement.type === 'in')
      return [...requirement.values].map(value => labelOf(requirement.key, value));
  }
  return [];
}

/** A key has no such character. */
function labelOf(key: string, value: string): string {
  return `${key}=${value}`;
}

/** @returns the same text for selectors that say the same in the same order. */
export function selectorText(selector: Selector): string {
  return selector
    .map(one => {
      if (one.type === 'in' || one.type === 'not-in')
        return `${one.key} ${one.type} ${[...one.values].sort().join()}`;
      return `${one.key} ${one.type} ${'than' in one ? one.than : ''}`;
    })
    .join(';');
}

/** @returns whether two have the same requirements, in whatever order. */
export function isSameSelector(a: Selector, b: Selector): boolean {
  const [one, other] = [a, b].map(all => all.map(requirement => selectorText([requirement])).sort());
  return JSON.stringify([...new Set(one)]) === JSON.stringify([...new Set(other)]);
}
