// SPDX-License-Identifier: GPL-2.0
/*
 * The frame of a report. Colours are variables, of which dark schemes have others. Those of the
 * picture are set over its own, which stand below. What plots share is drawn in each by <use>, where
 * rules with an ancestor from outside would not hold. The page is XML
 * as well as HTML, so that any parser can read it: scripts and styles have no < and no &.
 *
 * The script only adds to a page that is whole: values under the pointer in plots.
 */
#include "markup.h"
#include "page.h"

static const char colours[] =
	":root{color-scheme:light dark;--paper:#fff;--ink:#1d2430;--soft:#5b6675;--rule:#d9dee5;"
	"--block:#f5f7f9;--good:#1a7f37;--bad:#c62828;--l0:#1f6fb2;--l1:#c2661a;--l2:#2a8c4a;--l3:#"
	"8b4fb0;--l4:#b02a5b;--l5:#6b7480;"
	"--mark:#8a94a2}\n"
	"@media(prefers-color-scheme:dark){:root{--paper:#15191f;--ink:#dfe5ec;--soft:#97a3b2;"
	"--rule:#333b46;--block:#1d232b;--good:#4cc36b;--bad:#ff6b62;--l0:#62aef0;--l1:#f0a35e;"
	"--l2:#6fcf8b;--l3:#c497e6;--l4:#f07aa5;--l5:#a5b0bd;--mark:#7a8696}\n"
	".picture .rig .paper{fill:var(--block)}.picture .rig text{fill:var(--ink)}"
	".picture .rig .what{fill:#e5b9b0;stroke:#1d232b}.picture .rig .link{stroke:#98a3b0}"
	".picture .rig .down{stroke:#ff6b62}"
	".picture .rig .node{fill:#1c3650;stroke:#6ea6dc}"
	".picture .rig .router{fill:#45341a;stroke:#d9a552}"
	".picture .rig .lan{fill:#1f3a22;stroke:#72bb74}"
	".picture .rig .nat{fill:#3c2540;stroke:#c48bcd}}\n"
	"@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;"
	"--block:#fff;--good:#0b5a20;--bad:#a01010;--l0:#1f6fb2;--l1:#c2661a;--l2:#2a8c4a;--l3:#"
	"8b4fb0;"
	"--l4:#b02a5b;--l5:#6b7480;--mark:#777}"
	".wide{overflow:visible}table{font-size:.72rem}.plots{grid-template-columns:1fr 1fr}"
	"figure,tr,pre{break-inside:avoid}nav,label,input,.hover{display:none}"
	".picture svg{max-width:100%!important}}\n";

static const char layout[] =
	"*{box-sizing:border-box}"
	"body{margin:0 auto;max-width:86rem;padding:0 1.2rem 3rem;background:var(--paper);"
	"color:var(--ink);font:15px/1.45 system-ui,sans-serif}\n"
	"h1{margin:1.2rem 0 0;font-size:1.7rem}h2{margin:2rem 0 .5rem;font-size:1.2rem;"
	"border-bottom:1px solid var(--rule)}\n"
	".verdict{margin:.3rem 0;font-size:1.15rem;font-weight:600}.about,.unit,.note{"
	"color:var(--soft)}.about{margin:.2rem 0}\n"
	".good{color:var(--good)}.bad{color:var(--bad)}a{color:var(--l0)}nav a{margin-right:1rem}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem}"
	"th,td{text-align:left;vertical-align:top;padding:.22rem .9rem .22rem 0;"
	"border-bottom:1px solid var(--rule);overflow-wrap:break-word}"
	"th{color:var(--soft);font-weight:600}\n"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
	"th,td.n,td.t,td.s{white-space:nowrap}"
	"code,pre,td.m{font-family:ui-monospace,monospace;font-size:.86rem}\n"
	"pre{background:var(--block);border:1px solid var(--rule);padding:.5rem .7rem;margin:.3rem "
	"0 "
	"1rem;overflow:auto;max-height:30rem;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"details{margin:.25rem 0}summary{cursor:pointer}.in{margin-left:1.2rem}\n"
	".picture{overflow:auto;margin:.4rem 0}.picture svg{max-width:100%;height:auto}"
	"#full:checked~.picture svg{max-width:none}\n"
	".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));"
	"gap:.4rem 1.4rem}figure{margin:.5rem 0;min-width:0}\n"
	".plot{width:100%;height:auto;display:block;overflow:visible}"
	".shared{position:absolute}\n";

static const char plots[] =
	".x,.y,.none{font-size:11px;fill:var(--soft)}.y{text-anchor:end}"
	".x,.none{text-anchor:middle}\n"
	".grid{stroke:var(--rule);fill:none}.mark{stroke:var(--mark);stroke-dasharray:3 "
	"3;fill:none}"
	".mark.bad{stroke:var(--bad);stroke-width:1.6;stroke-dasharray:none}\n"
	".failed{stroke:var(--bad);stroke-width:2;fill:none}"
	".line{fill:none;stroke-width:1.5;stroke-linejoin:round}\n"
	".line.l0{stroke:var(--l0)}.line.l1{stroke:var(--l1)}.line.l2{stroke:var(--l2)}"
	".line.l3{stroke:var(--l3)}.line.l4{stroke:var(--l4)}.line.l5{stroke:var(--l5)}"
	"circle.l0{fill:var(--l0)}circle.l1{fill:var(--l1)}circle.l2{fill:var(--l2)}"
	"circle.l3{fill:var(--l3)}circle.l4{fill:var(--l4)}circle.l5{fill:var(--l5)}"
	"circle.bad{stroke:var(--bad);stroke-width:1.6}.band{fill:var(--l0);opacity:.16}\n"
	".key{margin-left:.8rem;white-space:nowrap}.key.l0{color:var(--l0)}.key.l1{color:var(--l1)}"
	".key.l2{color:var(--l2)}.key.l3{color:var(--l3)}.key.l4{color:var(--l4)}"
	".key.l5{color:var(--l5)}"
	".key::before{content:\"\\2014 \"}\n"
	".hover{position:fixed;pointer-events:none;background:var(--ink);color:var(--paper);"
	"padding:.1rem .45rem;border-radius:3px;font-size:.8rem;white-space:nowrap}\n";

/* The nearest corner of each line to the pointer, back in units of the axes. */
static const char script[] =
	"(function(){\n"
	"var tip=document.createElement('div');tip.className='hover';tip.hidden=true;"
	"document.body.appendChild(tip);\n"
	"function num(s){return s.trim().split(/[ML ]+/).filter(Boolean).map(Number)}\n"
	"function near(path,x){var v=num(path.getAttribute('d')),best=null,i;"
	"for(i=0;v.length>i+1;i+=2){if(best===null||Math.abs(best[0]-x)>Math.abs(v[i]-x))"
	"best=[v[i],v[i+1]]}return best}\n"
	"function time(ns){var s=ns/1e9,h=Math.floor(s/3600),m=Math.floor(s/60)%60;"
	"return (h?h+'h':'')+(m?m+'m':'')+Number((s%60).toPrecision(4))+'s'}\n"
	"document.querySelectorAll('svg[data-end]').forEach(function(svg){\n"
	"var a=num(svg.dataset.area),y=num(svg.dataset.y),end=Number(svg.dataset.end);\n"
	"svg.addEventListener('pointermove',function(e){\n"
	"var p=svg.createSVGPoint(),out=[];p.x=e.clientX;p.y=e.clientY;"
	"p=p.matrixTransform(svg.getScreenCTM().inverse());\n"
	"svg.querySelectorAll('path.line').forEach(function(l){var b=near(l,p.x);if(b){"
	"if(!out.length)out.push(time((b[0]-a[0])/a[2]*end)+':');"
	"out.push(Number((y[1]-(b[1]-a[1])/a[3]*(y[1]-y[0])).toPrecision(3)))}});\n"
	"tip.hidden=!out.length;tip.textContent=out.join(' ');"
	"tip.style.left=e.clientX+14+'px';tip.style.top=e.clientY+14+'px'});\n"
	"svg.addEventListener('pointerleave',function(){tip.hidden=true})})\n"
	"})();\n";

void page_start(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
	      out);
	markup_text(out, title);
	fprintf(out, "</title>\n<style>\n%s%s%s</style>\n</head>\n<body>\n", layout, plots,
		colours);
}

void page_end(FILE *out)
{
	fprintf(out, "<script>\n%s</script>\n</body>\n</html>\n", script);
}
