import { type Markup, markup } from '../timeline/markup.ts';
import { PALETTE } from '../timeline/palette.ts';

const DARK_PICTURE = Object.entries(PALETTE).map(
  ([name, { dark }]) => markup`.f-${name}{fill:${dark}}.s-${name}{stroke:${dark}}
`,
);

/** Light or dark as the reader's system is. Below 700 px the containers' table becomes cards. */
export const STYLE: Markup = markup`
:root{color-scheme:light dark;--page:#f6f8fa;--ground:${PALETTE.ground.light};--ink:${PALETTE.ink.light};--muted:${PALETTE.muted.light};--line:${PALETTE.line.light};--bad:${PALETTE.bad.light};--good:${PALETTE.good.light};--turn:#9a6700;--bad-ground:#ffebe9;--good-ground:#e6f6ea;--turn-ground:#fff6d6;--link:#0550ae}
*{box-sizing:border-box}
body{margin:0 auto;padding:16px;max-width:1120px;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
header{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 16px}
h1{font-size:18px;margin:0 0 8px}
header p{margin:0 0 8px}
h2{font-size:16px;margin:0 0 8px}
section{background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:14px 16px;margin:0 0 12px}
.answer{border-left-width:8px;display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 20px}
.answer h2{font-size:22px;margin:0;letter-spacing:.02em;white-space:nowrap}
.answer p,.answer ul{margin:0}
.answer ul{flex:1 1 100%;padding-left:20px}
.answer.good{background:var(--good-ground);border-color:var(--good)}.answer.good h2,strong.good{color:var(--good)}
.answer.bad{background:var(--bad-ground);border-color:var(--bad)}.answer.bad h2,strong.bad,.loss,.problems{color:var(--bad)}
.answer.turn{background:var(--turn-ground);border-color:var(--turn)}.answer.turn h2{color:var(--turn)}
.muted,small,caption,dt{color:var(--muted)}
small{display:block;font-size:13px;font-weight:400}
table{border-collapse:collapse;width:100%}
.cards td,.cards th{min-width:76px}
.past{color:var(--muted)}
caption{text-align:left;font-size:13px;padding:4px 0}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0;border-top:1px solid var(--line)}
thead th{white-space:nowrap;color:var(--muted);font-weight:400;font-size:13px;border-top:0}
section>p{margin:0 0 6px}
dl{margin:0 0 10px;display:grid;grid-template-columns:max-content 1fr;gap:3px 16px}
dl>div{display:contents}
dd{margin:0}
time{white-space:nowrap}
dl.columns{grid-template-columns:repeat(auto-fill,minmax(220px,1fr))}
dl.columns>div{display:flex;justify-content:space-between;gap:8px;padding-right:16px}
.lines td{padding-top:3px;padding-bottom:3px}
.lines td:nth-child(-n+2),section table:not(.cards):not(.lines) td:first-child{white-space:nowrap;font-variant-numeric:tabular-nums;color:var(--muted)}
.lines td:nth-child(2){text-align:right}
.lines td:nth-child(3){font-weight:600;white-space:nowrap;max-width:190px;overflow:hidden;text-overflow:ellipsis}
.lines td:last-child{width:100%}
.lines .bad td:last-child{color:var(--bad)}.lines .good td:last-child{color:var(--good)}.lines .turn td:last-child{font-weight:600}
.picture{overflow-x:auto;margin:0 0 10px}
.picture svg{display:block;min-width:760px;width:100%;height:auto}
#notice{margin:0 0 12px;padding:10px 16px;border-radius:8px;background:var(--bad);color:var(--ground);font-weight:600;position:sticky;top:8px}
footer{padding:4px 0 16px}
@media (max-width:700px){
body{padding:8px}
.cards thead{display:none}
.cards tr{display:block;border-top:1px solid var(--line);padding:8px 0}
.cards tbody tr:first-child{border-top:0}
.cards th,.cards td{min-width:0;display:grid;grid-template-columns:96px 1fr;border:0;padding:2px 0}
.cards th{display:block;font-size:16px}
.cards td::before{content:attr(data-label);color:var(--muted);font-size:13px;padding-top:2px}
.cards td>small{grid-column:2}
.lines tr{display:grid;grid-template-columns:max-content max-content 1fr;border-top:1px solid var(--line);padding:3px 0}
.lines td{border:0;padding:0 10px 0 0}
.lines td:last-child{grid-column:1/-1}
dl{grid-template-columns:1fr;gap:0}
dt{font-size:13px}dd{margin-bottom:6px}
}
@media (prefers-color-scheme:dark){
:root{--page:#0d1117;--ground:${PALETTE.ground.dark};--ink:${PALETTE.ink.dark};--muted:${PALETTE.muted.dark};--line:${PALETTE.line.dark};--bad:${PALETTE.bad.dark};--good:${PALETTE.good.dark};--turn:#e3b341;--bad-ground:#2d1517;--good-ground:#12261a;--turn-ground:#272115;--link:#79c0ff}
${DARK_PICTURE}}
`;
