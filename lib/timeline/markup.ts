/**
 * XML and HTML in which nothing from outside can become markup: a template's own text is trusted, whatever is put
 * into it is escaped, unless it is itself Markup. There is no way to make Markup from a string that is not a
 * literal template, so escaping cannot be forgotten.
 */
export interface Markup {
  readonly markup: string;
}

export type Content = string | number | Markup | readonly Markup[] | undefined;

/** A template tag: ``markup`<b>${name}</b>` ``. `undefined` is nothing. */
export function markup(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = parts[0] ?? '';
  for (const [i, content] of contents.entries()) text += rendered(content) + (parts[i + 1] ?? '');
  return { markup: text };
}

function rendered(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return escaped(content);
  if (typeof content === 'number') return escaped(String(content));
  return 'markup' in content ? content.markup : content.map(item => item.markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * For text and quoted attributes alike. Characters that XML forbids even when escaped (`Char` in XML 1.0, section
 * 2.2: controls, halves of surrogate pairs, U+FFFE and U+FFFF) become U+FFFD.
 */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, character => ENTITIES[character] ?? '');
}
