/** The brushes of the picture: geometry that everything shares, colours, texts, bars. */
import { type Markup, markup } from './markup.ts';
import { type Colour, PALETTE } from './palette.ts';

/** The picture's width in pixels, and the plot's edges; right of the plot is room for what stands at a lane's end. */
export const WIDTH = 1000;
export const LEFT = 170;
export const RIGHT = 870;
export const EDGE: number = WIDTH - 20;

/** @returns the attributes that fill with a colour. */
export function fill(colour: Colour): Markup {
  return markup`class="f-${colour}" fill="${PALETTE[colour].light}"`;
}

/** @returns the attributes that draw a line with a colour. */
export function stroke(colour: Colour): Markup {
  return markup`class="s-${colour}" stroke="${PALETTE[colour].light}"`;
}

export interface TextStyle {
  readonly colour?: Colour;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly bold?: boolean;
}

/** @returns a text whose baseline is at y. */
export function text(x: number, y: number, content: string, style: TextStyle = {}): Markup {
  const { colour = 'ink', anchor = 'start', size = 12, bold = false } = style;
  return markup`<text x="${x}" y="${y}" font-size="${size}" font-weight="${bold ? 600 : 400}" text-anchor="${anchor}" ${fill(colour)}>${content}</text>
`;
}

/** @returns a text that stays readable where lines cross it. */
export function textOnLines(x: number, y: number, content: string, style: TextStyle): Markup {
  const { colour = 'ink', anchor = 'start', size = 12, bold = false } = style;
  return markup`<text x="${x}" y="${y}" font-size="${size}" font-weight="${bold ? 600 : 400}" text-anchor="${anchor}" class="f-${colour} s-ground" fill="${PALETTE[colour].light}" stroke="${PALETTE.ground.light}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${content}</text>
`;
}

/** @returns a bar with a text that a pointer brings up. */
export function bar(
  {
    x,
    y,
    width,
    height,
  }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  colour: Colour,
  title: string,
): Markup {
  return markup`<rect x="${x}" y="${y}" width="${Math.round(width * 10) / 10}" height="${height}" rx="${Math.min(2, width / 2)}" ${fill(colour)}><title>${title}</title></rect>
`;
}

/** @returns a straight line. */
export function line(
  from: readonly [number, number],
  to: readonly [number, number],
  colour: Colour,
  dash?: string,
): Markup {
  const dashed = dash === undefined ? undefined : markup` stroke-dasharray="${dash}"`;
  return markup`<line x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"${dashed} ${stroke(colour)}/>
`;
}

/** @returns a cross, for a container that was killed. */
export function cross(x: number, y: number, size: number): Markup {
  const [l, r, t, b] = [x - size, x + size, y - size, y + size];
  return markup`<path d="M${l} ${t}L${r} ${b}M${l} ${b}L${r} ${t}" stroke-width="2.5" fill="none" ${stroke('bad')}/>
`;
}
