"""The HTML around the content of a report, with its style for light and dark."""

from __future__ import annotations

from string import Template

__all__ = ["PAGE"]

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Run $run_id</title>
<style>
:root { --page: #ffffff; --ink: #1f2430; --faint: #5b6472; --line: #d8dce3; --shade: #f3f5f8;
  --hit: #00694d; --open: #7d5600; --miss: #a84300; --unknown: #8a3f6d; --link: #00589c; }
@media (prefers-color-scheme: dark) { :root { --page: #14171d; --ink: #e6e9ef; --faint: #a3abb8;
  --line: #363c48; --shade: #1d212a; --hit: #3fcf9f; --open: #f2c14e; --miss: #ff9a5c;
  --unknown: #e39cc4; --link: #7cc0f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 100rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.asked { color: var(--faint); margin: .3rem 0 0; }
.origin { color: var(--faint); margin: .2rem 0 0; font-size: .85rem; overflow-wrap: anywhere; }
.sentence { font-size: 1.15rem; margin: 1.2rem 0; padding: .8rem 1rem; background: var(--shade);
  border-radius: .4rem; }
.wide { overflow-x: auto; }
.drawing { min-width: 40rem; max-width: 60rem; margin-bottom: 1.2rem; }
.drawing svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: nowrap; }
.free td:last-child, details td { white-space: normal; }
caption { text-align: left; color: var(--faint); padding: .3rem 0; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
section ul { margin: .2rem 0; font-size: .9rem; }
details { margin: .2rem 0 .6rem; }
summary { cursor: pointer; color: var(--link); font-size: .9rem; }
details > * + * { margin-left: 1rem; }
details table { margin-bottom: .8rem; }
.tensors { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }
.tensors td { text-align: right; }
th { color: var(--faint); font-weight: 600; white-space: normal; vertical-align: bottom; }
sub { line-height: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0;
  font-size: .9rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--link); }
.bar { text-decoration: overline; }
.hit { color: var(--hit); }
.open { color: var(--open); }
.miss { color: var(--miss); }
.unknown { color: var(--unknown); }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media print { .wide { overflow: visible; } }
</style>
</head>
<body>
<h1>Materials by elastic moduli</h1>
<p class="asked">Asked for: $target</p>
<p class="origin">$origin</p>
<p class="sentence">$sentence</p>
<h2>Candidates that passed, and the target</h2>
$moduli
$candidates
$dft
$limits
<h2>What the judges say, and what to know before use</h2>
$details
<h2>What became of all</h2>
$funnel
<h2>Rejected and failed</h2>
<div class="free">$rejected</div>
$notes
<h2>Who computed this</h2>
$facts
</body>
</html>
""")
"""The page; the names after dollar signs are to be replaced by escaped text or HTML."""
