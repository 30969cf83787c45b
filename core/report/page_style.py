"""The page's style sheet. Colours are variables, set once for light and once for dark."""

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1d2127;--soft:#5b6470;--line:#dcdfe3;--grid:#e9ebee;
--win:#1f8a5b;--loss:#c2413a;--count:#3f6fb5;--total:#6b7685;--a:#3f6fb5;--b:#b8762a;--label:#8a5a00;--label-bg:#fff3d6}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1b1f25;--ink:#e6e8eb;--soft:#a0a9b5;--line:#323842;
--grid:#282e37;--win:#45b784;--loss:#e0716a;--count:#7ba4e0;--total:#8e99a8;--a:#7ba4e0;--b:#e0a45c;--label:#ffd98a;
--label-bg:#3a2f14}}
*{box-sizing:border-box}
body{margin:0 auto;padding:16px;max-width:1180px;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.5rem;margin:.2em 0}h2{font-size:1.15rem;margin:0 0 .3em}h3{font-size:.95rem;margin:1em 0 .2em}
header p{margin:.3em 0;color:var(--soft)}
.label{display:inline-block;padding:4px 10px;border-radius:6px;background:var(--label-bg);color:var(--label)!important;
font-weight:600}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;margin:14px 0;
overflow-wrap:anywhere}
.note,.none{color:var(--soft);font-size:.88rem;margin:.1em 0 .7em}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:4px 8px;border-bottom:1px solid var(--grid);vertical-align:top}
td:not(:first-child),th:not(:first-child){text-align:right;overflow-wrap:normal}
.met{color:var(--win);font-weight:600}.missed{color:var(--loss);font-weight:600}.not-measured{color:var(--soft)}
svg{width:100%;max-width:920px;height:auto;display:block;margin:.2em auto .6em}
svg text{font-size:12px;fill:var(--soft)}svg .name,svg .end{text-anchor:end}svg .middle{text-anchor:middle}
.band{fill:var(--grid)}.dot.met{fill:var(--win)}.dot.missed{fill:var(--loss)}.dot.not-measured{fill:var(--soft)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));gap:0 14px;align-items:start}
.axis{stroke:var(--soft);stroke-width:1}.grid{stroke:var(--grid);stroke-width:1}
polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}.episode-0{stroke:var(--a)}.episode-1{stroke:var(--b)}
.loss-line{stroke:var(--loss)}.win{fill:var(--win)}.loss{fill:var(--loss)}.count{fill:var(--count)}
.total{fill:var(--total)}td.win,td.loss{fill:none}
@media(max-width:640px){body{padding:8px;font-size:14px}section{padding:10px}svg text{font-size:18px}
.cards thead,.cards td:empty{display:none}.cards tr{display:block;padding:6px 0;border-bottom:1px solid var(--line)}
.cards td{display:flex;justify-content:space-between;gap:12px;border:0;padding:1px 4px;text-align:right}
.cards td:first-child{font-weight:600;text-align:left}
.cards td:not(:first-child)::before{content:attr(data-label);color:var(--soft);font-weight:400;text-align:left}}
@media print{section{break-inside:avoid}}
"""
