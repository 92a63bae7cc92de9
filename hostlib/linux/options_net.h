/* SPDX-License-Identifier: GPL-2.0 */
/* Network cards on the command line: a pure parser. */
#ifndef NESTLING_OPTIONS_NET_H
#define NESTLING_OPTIONS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_NET_SWITCH "/tmp/uml.ctl" /* where nothing else is said; stock's default */

/* A card; strings belong to the struct. */
struct options_net {
	char *text; /* as typed; NULL: no such card */
	char *path; /* a switch's socket, NULL: a port of a switch of its own */
	char *port; /* that port, as `uml_switch -port` takes it */
	uint8_t mac[6];
	bool have_mac;
	bool wait; /* for a switch that does not run yet */
	bool start; /* a switch that does not run yet */
};

/*
 * Whether word is eth<n>=, vec<n>: or virtio_uml.device=, and how it parses: the card's number in
 * *index, -1 for the next free one. 1 yes, 0 another word, or -EINVAL (-ENOMEM) with one line in
 * error; *out is to be freed after 1.
 */
int options_parse_net(const char *word, int *index, struct options_net *out, char *error,
		      size_t error_len);
void options_net_free(struct options_net *n);

#endif
