// SPDX-License-Identifier: GPL-2.0
/*
 * The picture of a rig as SVG, whole in itself: no fonts, scripts or styles from elsewhere, no
 * graphviz. Nodes are boxes, lans and nats have round ends, links are lines with what they do.
 */
#include <errno.h>
#include <stdlib.h>
#include "graph.h"
#include "layout.h"

#define MARGIN 40.0
#define TITLE 46.0 /* height of the heading */
#define LETTER 7.2 /* width of a letter of 12 px; sans-serif letters are narrower */
#define SMALL 6.0 /* of 10 px */
#define LINE 14.0 /* from one line of text to the next */

struct picture {
	const struct rig *rig;
	FILE *out;
	struct layout_box *box; /* things, then the texts of links, which need room like them */
	struct layout_line *line; /* a link without text is one line, one with text are two */
	uint32_t *text; /* of each link: the box of its text, RIG_NONE without */
	uint32_t things, boxes, lines;
	double width, height;
};

static uint32_t letters(const char *s)
{
	uint32_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if ((unsigned char)*s < ' ')
			fputc(' ', out);
		else
			fputc(*s, out);
	}
}

/* Room for a text; names (the first line of a thing) are larger. */
static struct layout_box room(const struct graph_text *t, double first, double around)
{
	double most = 0;
	uint32_t k;

	for (k = 0; k < t->count; k++) {
		double w = letters(t->line[k]) * (k ? SMALL : first);

		most = w > most ? w : most;
	}
	return (struct layout_box){.width = most + around, .height = t->count * LINE + 14};
}

static void add_line(struct picture *p, uint32_t a, uint32_t b)
{
	p->line[p->lines++] = (struct layout_line){a, b};
}

static void sizes(struct picture *p)
{
	const struct rig *r = p->rig;
	struct graph_text t;
	uint32_t i;

	for (i = 0; i < p->things; i++) {
		struct rig_end e = graph_thing(r, i);

		graph_thing_text(r, &e, &t);
		p->box[i] = room(&t, LETTER + 0.6, e.kind == RIG_END_NODE ? 24 : 44);
	}
	p->boxes = p->things;
	for (i = 0; i < r->nlinks; i++) {
		uint32_t a = graph_number(r, &r->link[i].end[0]);
		uint32_t b = graph_number(r, &r->link[i].end[1]);

		graph_link_text(r, &r->link[i], &t);
		p->text[i] = t.count ? p->boxes++ : RIG_NONE;
		if (!t.count) {
			add_line(p, a, b);
			continue;
		}
		p->box[p->text[i]] = room(&t, SMALL, 0);
		add_line(p, a, p->text[i]);
		add_line(p, p->text[i], b);
	}
}

static void text(struct picture *p, const char *class, double x, double y, const char *s)
{
	fprintf(p->out, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">", class, x, y);
	escaped(p->out, s);
	fputs("</text>\n", p->out);
}

static void line(struct picture *p, uint32_t i)
{
	const struct rig_link *l = &p->rig->link[i];
	const struct layout_box *a = &p->box[graph_number(p->rig, &l->end[0])];
	const struct layout_box *b = &p->box[graph_number(p->rig, &l->end[1])];
	bool down = l->way[0].down && l->way[1].down;

	fprintf(p->out, "<polyline class=\"link%s\" points=\"%.0f,%.0f ", down ? " down" : "", a->x,
		a->y);
	if (p->text[i] != RIG_NONE)
		fprintf(p->out, "%.0f,%.0f ", p->box[p->text[i]].x, p->box[p->text[i]].y);
	fprintf(p->out, "%.0f,%.0f\"/>\n", b->x, b->y);
}

static void line_text(struct picture *p, uint32_t i)
{
	const struct layout_box *b;
	struct graph_text t;
	uint32_t k;

	if (p->text[i] == RIG_NONE)
		return;
	b = &p->box[p->text[i]];
	graph_link_text(p->rig, &p->rig->link[i], &t);
	for (k = 0; k < t.count; k++)
		text(p, "what", b->x, b->y + 4 + (k - (t.count - 1) / 2.0) * (LINE - 2), t.line[k]);
}

static void box(struct picture *p, uint32_t i)
{
	static const char *const kind[] = {"node", "lan", "nat"};
	struct rig_end e = graph_thing(p->rig, i);
	const struct layout_box *b = &p->box[i];
	bool router = e.kind == RIG_END_NODE && p->rig->node[e.index].kind == RIG_NODE_ROUTER;
	struct graph_text t;
	uint32_t k;

	graph_thing_text(p->rig, &e, &t);
	fprintf(p->out,
		"<g><rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
		"rx=\"%.1f\"/>\n",
		router ? "router" : kind[e.kind], b->x - b->width / 2, b->y - b->height / 2,
		b->width, b->height, e.kind == RIG_END_NODE ? 5.0 : b->height / 2);
	for (k = 0; k < t.count; k++)
		text(p, k ? "more" : "name", b->x, b->y - b->height / 2 + 19 + k * LINE, t.line[k]);
	fputs("</g>\n", p->out);
}

static void head(struct picture *p)
{
	const struct rig *r = p->rig;
	char about[160];
	double least;

	snprintf(about, sizeof(about),
		 "%s time, seed %llu: %u node%s, %u lan%s, %u link%s, %u step%s",
		 r->real_time ? "real" : "virtual", (unsigned long long)r->seed, r->nnodes,
		 r->nnodes == 1 ? "" : "s", r->nlans, r->nlans == 1 ? "" : "s", r->nlinks,
		 r->nlinks == 1 ? "" : "s", r->nsteps, r->nsteps == 1 ? "" : "s");
	least = letters(about) * LETTER + 2 * MARGIN;
	if (p->width < least)
		p->width = least;
	fprintf(p->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 "
		"%.0f %.0f\" class=\"rig\" font-family=\"sans-serif\">\n<title>",
		p->width, p->height, p->width, p->height);
	escaped(p->out, r->name);
	/* Within a page (a report), styles are the page's too: these name the picture. */
	fputs("</title>\n<style>\n"
	      ".rig .node{fill:#eaf2fb;stroke:#2c5f94}.rig .router{fill:#fdf0dc;stroke:#a86a12}\n"
	      ".rig .lan{fill:#e6f4e6;stroke:#3b7d3b}.rig .nat{fill:#f4e9f6;stroke:#7d3b86;"
	      "stroke-dasharray:4 3}\n"
	      ".rig rect{stroke-width:1.4}.rig .link{stroke:#555;stroke-width:1.4;fill:none}"
	      ".rig .down{stroke-dasharray:5 4;stroke:#b22}\n"
	      ".rig text{text-anchor:middle;fill:#222}"
	      ".rig .name{font-size:12px;font-weight:bold}\n"
	      ".rig .more{font-size:10px;fill:#444}.rig .what{font-size:10px;fill:#733;stroke:#fff;"
	      "stroke-width:4px;stroke-linejoin:round;paint-order:stroke}\n"
	      ".rig .title{font-size:17px;font-weight:bold;text-anchor:start}"
	      ".rig .about{font-size:12px;fill:#444;text-anchor:start}\n"
	      ".rig .paper{fill:#fff}\n"
	      "</style>\n",
	      p->out);
	fprintf(p->out, "<rect class=\"paper\" width=\"%.0f\" height=\"%.0f\"/>\n", p->width,
		p->height);
	text(p, "title", 16, 26, r->name);
	text(p, "about", 16, 44, about);
}

static int place(struct picture *p)
{
	uint32_t i;
	int rc;

	sizes(p);
	rc = layout_place(p->box, p->boxes, p->line, p->lines, MARGIN, &p->width, &p->height);
	if (rc < 0)
		return rc;
	for (i = 0; i < p->boxes; i++)
		p->box[i].y += TITLE;
	p->width += MARGIN;
	p->height += TITLE + MARGIN;
	return 0;
}

int rig_write_svg(const struct rig *r, FILE *out)
{
	struct picture p = {.rig = r, .out = out, .things = graph_things(r)};
	int rc = -ENOMEM;
	uint32_t i;

	p.box = calloc(p.things + r->nlinks + 1, sizeof(*p.box));
	p.line = calloc(2 * r->nlinks + 1, sizeof(*p.line));
	p.text = calloc(r->nlinks + 1, sizeof(*p.text));
	if (p.box && p.line && p.text)
		rc = place(&p);
	if (rc < 0)
		goto out;
	head(&p);
	for (i = 0; i < r->nlinks; i++)
		line(&p, i);
	for (i = 0; i < p.things; i++)
		box(&p, i);
	for (i = 0; i < r->nlinks; i++)
		line_text(&p, i);
	fputs("</svg>\n", out);
	rc = ferror(out) ? -EIO : 0;
out:
	free(p.box);
	free(p.line);
	free(p.text);
	return rc;
}
