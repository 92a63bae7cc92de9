// SPDX-License-Identifier: GPL-2.0
/* "Did you mean": the nearest of the words that are known. */
#include <string.h>
#include "source.h"

#define WORD_MAX 40 /* longer words are like no other */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t rig_distance(const char *a, const char *b, uint32_t limit)
{
	uint32_t row[3][WORD_MAX + 1]; /* of the table of distances: this one and two before */
	uint32_t la = (uint32_t)strlen(a), lb = (uint32_t)strlen(b), i, j;

	/* Each letter too many or too few has to be put right. */
	if (la > WORD_MAX || lb > WORD_MAX || la >= lb + limit || lb >= la + limit)
		return limit;
	for (j = 0; j <= lb; j++)
		row[0][j] = j;
	for (i = 1; i <= la; i++) {
		uint32_t *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= lb; j++) {
			now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
				       least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], older[j - 2] + 1);
		}
	}
	return least(row[la % 3][lb], limit);
}

void rig_nearest_start(struct rig_nearest *n, const char *word)
{
	uint32_t len = (uint32_t)strlen(word);

	*n = (struct rig_nearest){.word = word};
	/* A third of the letters may be wrong, one at least, three at most. */
	n->distance = 1 + (len < 6 ? 1 + (len > 4) : len < 9 ? 2 : 3);
}

void rig_nearest_try(struct rig_nearest *n, const char *candidate)
{
	uint32_t d = rig_distance(n->word, candidate, n->distance);

	if (d < n->distance && d < strlen(n->word)) {
		n->distance = d;
		n->best = candidate;
	}
}

const char *rig_nearest_text(struct rig_nearest *n)
{
	if (!n->best)
		return "";
	snprintf(n->text, sizeof(n->text), "; did you mean '%.40s'?", n->best);
	return n->text;
}
