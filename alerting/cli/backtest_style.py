"""How the report of a backtest looks: the console's colours, light and dark, and nothing loaded from anywhere."""

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --bg: #f6f6f3; --card: #fff; --ink: #1b1d21; --soft: #5f656f; --line: #e3e3dd; --band: #dfe6ee; --curve: #1f5fa8;
  --page: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #14161a; --card: #1c1f25; --ink: #eceef1; --soft: #9aa2ad; --line: #31363f; --band: #2a384b;
    --curve: #7fb4f0; --page: #ff6f61;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.45 Inter, system-ui, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 1080px; margin: 0 auto; padding: 20px 24px 40px; display: grid; gap: 16px; }
h1, h2, h3, p, ol { margin: 0; padding: 0; }
h1 { font-size: 22px; line-height: 1.3; }
h2 { font-size: 19px; line-height: 1.3; }
h3 { font-size: 14px; font-weight: 600; }
p + p, h2 + p, h1 + p { margin-top: 4px; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--curve); outline-offset: 2px; border-radius: 4px; }
.soft { color: var(--soft); font-size: 13.5px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; min-width: 0; }
.whole { margin: 12px 0 4px; }
.pages { list-style: none; display: grid; gap: 18px 28px; margin-top: 14px; }
.pages { grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); }
.pages li { border-top: 1px solid var(--line); padding-top: 10px; min-width: 0; }
.number { color: var(--page); }
table { width: 100%; border-collapse: collapse; font-size: 14px; margin-top: 10px; }
td, th { padding: 6px 0 6px 12px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
th { color: var(--soft); font-weight: 500; font-size: 12.5px; }
thead th { overflow-wrap: normal; vertical-align: bottom; }
tbody th { color: inherit; font-weight: 400; font-size: 14px; }
tfoot td, tfoot th { border-bottom: 0; font-weight: 600; color: inherit; }
svg { width: 100%; height: auto; display: block; }
svg text {
  paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round; fill: var(--soft);
  font-family: Inter, system-ui, sans-serif;
}
.band { fill: var(--band); }
.curve { stroke: var(--curve); stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
circle.dot { fill: var(--curve); }
.grid-line { stroke: var(--line); stroke-opacity: .6; }
.moment { stroke: var(--soft); }
.page { fill: var(--card); stroke: var(--page); }
.narrow { display: none; }
@media (max-width: 640px) {
  main { padding: 12px 10px 32px; gap: 12px; }
  .card { padding: 14px; }
  .wide { display: none; }
  .narrow { display: block; }
  td, th { padding-left: 6px; }
  tbody th, tfoot th { min-width: 4.6em; hyphens: auto; }
  thead th { font-size: 11px; }
}
"""
