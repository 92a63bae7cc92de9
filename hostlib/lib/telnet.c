// SPDX-License-Identifier: GPL-2.0
/*
 * Telnet, server's side; see telnet.h.
 *
 * Option states follow the rule of RFC 1143 that keeps two sides from answering each
 * other for ever: only a change is answered, and an answer to our own request never.
 */
#include <string.h>
#include "telnet.h"

enum { /* RFC 854 */
	SE = 240,
	IP = 244,
	AYT = 246,
	EC = 247,
	SB = 250,
	WILL = 251,
	WONT = 252,
	DO = 253,
	DONT = 254,
	IAC = 255,
};

enum {
	OPT_BINARY = 0,
	OPT_ECHO = 1,
	OPT_SGA = 3,
	OPT_NAWS = 31
};

enum {
	BIT_BINARY = 1,
	BIT_ECHO = 2,
	BIT_SGA = 4,
	BIT_NAWS = 8
};

/* What we agree to do, and to have done. */
#define OUR_OPTIONS (BIT_BINARY | BIT_ECHO | BIT_SGA)
#define HIS_OPTIONS (BIT_BINARY | BIT_SGA | BIT_NAWS)

enum {
	ST_DATA,
	ST_IAC,
	ST_OPTION,
	ST_SB,
	ST_SB_IAC
};

static uint8_t option_bit(uint8_t option)
{
	switch (option) {
	case OPT_BINARY:
		return BIT_BINARY;
	case OPT_ECHO:
		return BIT_ECHO;
	case OPT_SGA:
		return BIT_SGA;
	case OPT_NAWS:
		return BIT_NAWS;
	default:
		return 0;
	}
}

static void reply(struct telnet *t, uint8_t command, uint8_t option)
{
	if (t->reply_len + 3 > TELNET_REPLY_MAX)
		return;
	t->reply[t->reply_len++] = IAC;
	t->reply[t->reply_len++] = command;
	t->reply[t->reply_len++] = option;
}

static void reply_text(struct telnet *t, const char *text)
{
	size_t n = strlen(text);

	if (t->reply_len + n > TELNET_REPLY_MAX)
		return;
	memcpy(t->reply + t->reply_len, text, n);
	t->reply_len += n;
}

void telnet_start(struct telnet *t)
{
	memset(t, 0, sizeof(*t));
	t->asked_us = BIT_ECHO | BIT_SGA;
	t->asked_him = BIT_SGA | BIT_NAWS;
	reply(t, WILL, OPT_ECHO);
	reply(t, WILL, OPT_SGA);
	reply(t, DO, OPT_SGA);
	reply(t, DO, OPT_NAWS);
}

/*
 * One side of one option: the peer wants it on or off. yes and no are the commands
 * that answer.
 */
static void settle(struct telnet *t, uint8_t *now, uint8_t *asked, uint8_t allowed, uint8_t option,
		   bool on, uint8_t yes, uint8_t no)
{
	uint8_t bit = option_bit(option) & allowed;
	bool was_asked = *asked & bit;

	*asked &= (uint8_t)~bit;
	if (on && !bit) {
		reply(t, no, option);
		return;
	}
	if (on == !!(*now & bit))
		return; /* nothing changes */
	*now ^= bit;
	if (!was_asked)
		reply(t, on ? yes : no, option);
}

static void negotiate(struct telnet *t, uint8_t option)
{
	switch (t->command) {
	case DO:
	case DONT:
		settle(t, &t->us, &t->asked_us, OUR_OPTIONS, option, t->command == DO, WILL, WONT);
		break;
	case WILL:
	case WONT:
		settle(t, &t->him, &t->asked_him, HIS_OPTIONS, option, t->command == WILL, DO,
		       DONT);
		break;
	}
}

static void sb_byte(struct telnet *t, uint8_t byte)
{
	if (t->sb_len < TELNET_SB_MAX)
		t->sb[t->sb_len] = byte;
	if (t->sb_len <= TELNET_SB_MAX)
		t->sb_len++;
}

static void sb_end(struct telnet *t)
{
	if (t->sb_len != 5 || t->sb[0] != OPT_NAWS)
		return;
	t->cols = (uint16_t)(t->sb[1] << 8 | t->sb[2]);
	t->rows = (uint16_t)(t->sb[3] << 8 | t->sb[4]);
	t->resized = true;
}

/* A byte behind IAC. Returns a character for the line, or -1. */
static int command_byte(struct telnet *t, uint8_t byte)
{
	t->state = ST_DATA;
	switch (byte) {
	case IAC:
		return IAC;
	case IP:
		return 3; /* ^C */
	case EC:
		return 127;
	case AYT:
		reply_text(t, "\r\n[yes]\r\n");
		return -1;
	case SB:
		t->sb_len = 0;
		t->state = ST_SB;
		return -1;
	case WILL:
	case WONT:
	case DO:
	case DONT:
		t->command = byte;
		t->state = ST_OPTION;
		return -1;
	default:
		return -1;
	}
}

/* A data byte: the client's end of line is CR NUL or CR LF, the line's is CR. */
static int data_byte(struct telnet *t, uint8_t byte)
{
	bool second = t->after_cr;

	t->after_cr = false;
	if (byte == IAC) {
		t->state = ST_IAC;
		return -1;
	}
	if (t->him & BIT_BINARY)
		return byte;
	if (second && (byte == '\n' || byte == 0))
		return -1;
	t->after_cr = byte == '\r';
	return byte;
}

/* One byte from the client. Returns a character for the line, or -1. */
static int input_byte(struct telnet *t, uint8_t byte)
{
	switch (t->state) {
	case ST_IAC:
		return command_byte(t, byte);
	case ST_OPTION:
		t->state = ST_DATA;
		negotiate(t, byte);
		return -1;
	case ST_SB:
		if (byte == IAC)
			t->state = ST_SB_IAC;
		else
			sb_byte(t, byte);
		return -1;
	case ST_SB_IAC:
		t->state = ST_SB;
		if (byte == IAC) {
			sb_byte(t, byte);
			return -1;
		}
		t->state = ST_DATA;
		if (byte == SE)
			sb_end(t);
		return -1;
	default:
		return data_byte(t, byte);
	}
}

size_t telnet_input(struct telnet *t, const uint8_t *in, size_t n, uint8_t *out)
{
	size_t i, len = 0;
	int c;

	for (i = 0; i < n; i++) {
		c = input_byte(t, in[i]);
		if (c >= 0)
			out[len++] = (uint8_t)c;
	}
	return len;
}

size_t telnet_output(struct telnet *t, const uint8_t *in, size_t n, uint8_t *out, size_t max,
		     size_t *used)
{
	size_t i, len = 0;

	for (i = 0; i < n && len + 3 <= max; i++) {
		if (t->out_cr && in[i] != '\n' && !(t->us & BIT_BINARY))
			out[len++] = 0;
		t->out_cr = in[i] == '\r';
		if (in[i] == IAC)
			out[len++] = IAC;
		out[len++] = in[i];
	}
	*used = i;
	return len;
}
