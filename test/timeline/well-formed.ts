/** A small, strict scanner of markup: throws where a parser would have to guess. */

const VOID_IN_HTML: ReadonlySet<string> = new Set(['meta', 'link']);
const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][-a-zA-Z0-9:]*(?:="[^"<]*")?)*)\s*(\/?)>/u;
const ENTITY = /^&(?:amp|lt|gt|quot|#39);/u;
// XML 1.0, section 2.2.
const CHARACTERS = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/**
 * @returns the names of all elements in the order of their start tags
 * @throws Error where an element is not closed in order, or a `<`, `&` or a character is out of place
 */
export function elements(text: string, kind: 'xml' | 'html'): string[] {
  if (!CHARACTERS.test(text)) throw new Error('A character that XML forbids');
  const found: string[] = [];
  const open: string[] = [];
  let rest = kind === 'html' ? text.replace(/^<!doctype html>\n/u, '') : text;
  while (rest !== '') {
    const raw = open.at(-1);
    if (kind === 'html' && (raw === 'style' || raw === 'script'))
      rest = rest.slice(rest.indexOf(`</${raw}>`));
    const plain = /^[^<&]+/u.exec(rest) ?? ENTITY.exec(rest);
    if (plain !== null) {
      rest = rest.slice(plain[0].length);
      continue;
    }
    const [tag, closing, name = '', attributes = '', selfClosing] = TAG.exec(rest) ?? [];
    if (tag === undefined) throw new Error(`Out of place: ${rest.slice(0, 60)}`);
    for (const [, value = ''] of attributes.matchAll(/="([^"]*)"/gu)) {
      if (/&(?!(?:amp|lt|gt|quot|#39);)/u.test(value)) throw new Error(`A raw & in ${tag}`);
    }
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`Closed out of order: ${tag}`);
    } else {
      found.push(name);
      if (selfClosing !== '/' && !(kind === 'html' && VOID_IN_HTML.has(name))) open.push(name);
    }
    rest = rest.slice(tag.length);
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`);
  return found;
}
