/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The escape key of a console that is a terminal: the one key that the guest does
 * not get. A second key says what to do; the escape key twice sends it once. Pure.
 */
#ifndef NESTLING_CONSOLE_ESCAPE_H
#define NESTLING_CONSOLE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum console_key {
	KEY_NOTHING,
	KEY_MENU, /* the escape key was pressed: show what may follow */
	KEY_BACK, /* any other key followed: it is dropped, the menu is left */
	KEY_LITERAL, /* the escape key twice */
	KEY_HELP, /* ? */
	KEY_END, /* . : end the guest now */
	KEY_CAD, /* h : ask the guest to shut down */
};

struct console_escape {
	int key; /* the byte, -1: there is none */
	bool pressed; /* it was the last byte */
};

/*
 * Copies from in to out (room for n) what is for the guest, up to the first byte
 * that means something to us, and stores what it means. Returns the bytes of out;
 * *used tells how many of in were looked at: call again with the rest.
 */
size_t console_escape_filter(struct console_escape *e, const uint8_t *in, size_t n, uint8_t *out,
			     size_t *used, enum console_key *what);

#endif
