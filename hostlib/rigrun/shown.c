// SPDX-License-Identifier: GPL-2.0
/* What a rig shows; see shown.h. */
#include "markup.h"
#include "shown.h"

const struct record_result *shown_result(const struct record *record, const struct rig_show *show)
{
	uint32_t series = record_find_series(record, show->node, show->label), i;

	for (i = record->nresults; i-- > 0;)
		if (record->result[i].series == series)
			return &record->result[i];
	return NULL;
}

uint32_t shown_bytes(const struct record_result *result)
{
	return result->len < SHOWN_BYTES ? result->len : SHOWN_BYTES;
}

bool shown_remark(const struct record_result *result, char *out, size_t room)
{
	uint32_t more;

	if (!result) {
		snprintf(out, room, "It was never measured.");
		return true;
	}
	more = result->len - shown_bytes(result);
	if (more)
		snprintf(out, room, "%u bytes more are in outputs.txt.", more);
	else if (result->cut)
		snprintf(out, room, "It printed more, which was not kept.");
	else if (result->status == RECORD_NO_STATUS)
		snprintf(out, room, "The command did not end.");
	else if (result->status)
		snprintf(out, room, "The command ended with status %d.", result->status);
	else
		return false;
	return true;
}

/* Text that does not end with the end of a line gets one. */
static void print_output(const struct record_result *result, FILE *out)
{
	uint32_t len = shown_bytes(result);

	markup_plain(out, result->output, len);
	if (len && result->output[len - 1] != '\n')
		fputc('\n', out);
}

void shown_print(const struct record *record, FILE *out)
{
	const struct rig *rig = record->rig;
	char remark[96];
	uint32_t i;

	for (i = 0; i < rig->nshows; i++) {
		const struct record_result *result = shown_result(record, &rig->show[i]);

		fputc('\n', out);
		markup_line(out, rig->show[i].title);
		fputs("\n\n", out);
		if (result)
			print_output(result, out);
		if (shown_remark(result, remark, sizeof(remark)))
			fprintf(out, "%s\n", remark);
	}
	if (rig->nshows)
		fputc('\n', out);
}
