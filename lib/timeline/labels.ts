/** Where texts go so that none covers another. Widths are estimates: a picture cannot ask the viewer's fonts. */

/** @returns about how wide a text is in a sans-serif face, rather too wide than too narrow. */
export function textWidth(text: string, size: number): number {
  return Array.from(text).length * size * 0.58;
}

export interface Placed<T> {
  readonly item: T;
  readonly x: number;
  readonly anchor: 'start' | 'end';
  /** 0 is the top one. */
  readonly row: number;
}

/**
 * Labels that hang on vertical lines, which go down from them. A label stands to the right of its line, or to the
 * left where the right edge is near; each goes to the highest row from which neither it nor its line meets one that
 * stands further left.
 * @param items in the order of their x
 */
export function placeOnLines<T extends { readonly label: string }>(
  items: readonly T[],
  xOf: (item: T) => number,
  size: number,
  right: number,
): Placed<T>[] {
  const taken: number[] = [];
  return items.map(item => {
    const x = xOf(item);
    const width = textWidth(item.label, size) + 10;
    const anchor = x + width > right ? 'end' : 'start';
    const [from, until] = anchor === 'start' ? [x, x + width] : [x - width, x];
    const row = taken.findLastIndex(end => end > from) + 1;
    taken[row] = until;
    return { item, x, anchor, row };
  });
}

/** Neighbours whose labels would collide become one group, with one label in its middle. */
export interface Group<T> {
  readonly items: readonly T[];
  readonly x: number;
  readonly label: string;
}

/**
 * @param items in the order of their x
 * @param middleOf the x that a group's label would best stand at
 * @returns groups whose labels, each `labelOf` its items, stand clear of each other between `left` and `right`
 */
export function group<T>(
  items: readonly T[],
  middleOf: (items: readonly T[]) => number,
  labelOf: (items: readonly T[]) => string,
  { size, left, right }: { readonly size: number; readonly left: number; readonly right: number },
): Group<T>[] {
  const groups: Group<T>[] = [];
  const place = (members: readonly T[]): Group<T> => {
    const label = labelOf(members);
    const half = textWidth(label, size) / 2;
    return { items: members, label, x: Math.max(left + half, Math.min(right - half, middleOf(members))) };
  };
  for (const item of items) {
    let next = place([item]);
    for (
      let before = groups.at(-1);
      before !== undefined && collide(before, next, size);
      before = groups.at(-1)
    ) {
      groups.pop();
      next = place([...before.items, ...next.items]);
    }
    groups.push(next);
  }
  return groups;
}

function collide(a: Group<unknown>, b: Group<unknown>, size: number): boolean {
  return a.x + textWidth(a.label, size) / 2 + size > b.x - textWidth(b.label, size) / 2;
}
