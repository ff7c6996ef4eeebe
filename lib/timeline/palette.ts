import type { SpanKind } from './spans.ts';

/** Every colour by what it stands for. */
export type Colour = SpanKind | 'ground' | 'ink' | 'muted' | 'line' | 'traffic' | 'bad' | 'good';

/** On light and on dark ground; `ink` can be read on every span's colour. */
export const PALETTE: Readonly<Record<Colour, { readonly light: string; readonly dark: string }>> = {
  ground: { light: '#ffffff', dark: '#161b22' },
  ink: { light: '#1f2328', dark: '#e6edf3' },
  muted: { light: '#59636e', dark: '#9198a1' },
  line: { light: '#d8dee4', dark: '#30363d' },
  starting: { light: '#dfe3e8', dark: '#3d444d' },
  serving: { light: '#8fd6c6', dark: '#1d6f63' },
  'not-ready': { light: '#f3d27c', dark: '#7d5a08' },
  hook: { light: '#a8cbff', dark: '#2a5aa0' },
  stopping: { light: '#d6c1f5', dark: '#66479b' },
  down: { light: '#a9b1ba', dark: '#59636e' },
  traffic: { light: '#b9dfb0', dark: '#2f6b2c' },
  bad: { light: '#c9182b', dark: '#ff7b72' },
  good: { light: '#1a7f37', dark: '#56d364' },
};
