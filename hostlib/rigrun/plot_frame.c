// SPDX-License-Identifier: GPL-2.0
/* What plots have around their lines; see plot_frame.h. */
#include <math.h>
#include "markup.h"
#include "plot_frame.h"

bool plot_frame_usable(double y)
{
	return fabs(y) < 1e300;
}

void plot_frame_measure(struct plot_frame *f, double y)
{
	if (!plot_frame_usable(y))
		return;
	f->least = !f->measured || y < f->least ? y : f->least;
	f->most = !f->measured || y > f->most ? y : f->most;
	f->measured = true;
}

double plot_frame_y(const struct plot_frame *f, double y)
{
	return PLOT_TOP + (f->y.most - y) / (f->y.most - f->y.least) * PLOT_ROWS;
}

static void caption(const struct plot_frame *f)
{
	uint32_t k;

	fputs("<figure><figcaption><b>", f->out);
	markup_text(f->out, f->title);
	fputs("</b>", f->out);
	if (*f->unit)
		fprintf(f->out, " <span class=\"unit\">%s</span>", f->unit);
	for (k = 0; k < f->lines && f->lines > 1; k++) {
		fprintf(f->out, " <span class=\"key l%u\">", k);
		markup_text(f->out, f->name[k]);
		fputs("</span>", f->out);
	}
	fputs("</figcaption>\n", f->out);
}

static void horizontal(const struct plot_frame *f)
{
	double n = floor((f->y.most - f->y.least) / f->y.step + 0.5), i;
	char text[AXIS_TEXT];

	for (i = 0; i <= n; i++) {
		double v = f->y.least + i * f->y.step, y = plot_frame_y(f, v);

		axis_text(fabs(v) < f->y.step / 2 ? 0 : v, text);
		fprintf(f->out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", PLOT_LEFT, y,
			PLOT_LEFT + PLOT_COLUMNS);
		fprintf(f->out, "<text class=\"y\" x=\"%d\" y=\"%.1f\">%s</text>\n", PLOT_LEFT - 6,
			y + 4, text);
	}
}

void plot_frame_begin(struct plot_frame *f, double end)
{
	f->y = axis_of(f->least, f->most);
	caption(f);
	fprintf(f->out, "<svg class=\"plot\" viewBox=\"0 0 %d %d\"", PLOT_WIDTH, PLOT_HEIGHT);
	if (end > 0)
		fprintf(f->out,
			" data-area=\"%d %d %d %d\" data-end=\"%.0f\" data-y=\"%.17g %.17g\"",
			PLOT_LEFT, PLOT_TOP, PLOT_COLUMNS, PLOT_ROWS, end, f->y.least, f->y.most);
	fputs(" role=\"img\">\n", f->out);
	horizontal(f);
}

void plot_frame_end(const struct plot_frame *f)
{
	if (!f->measured)
		fprintf(f->out, "<text class=\"none\" x=\"%d\" y=\"%d\">no number</text>\n",
			PLOT_LEFT + PLOT_COLUMNS / 2, PLOT_TOP + PLOT_ROWS / 2);
	fputs("</svg></figure>\n", f->out);
}
