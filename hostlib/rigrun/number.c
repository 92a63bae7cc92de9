// SPDX-License-Identifier: GPL-2.0
/* Numbers of results; see number.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "number.h"
#include "value.h"

#define NUMBER_MAX 64 /* bytes that are looked at; what is longer is cut */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether digits behind it belong to a word; bytes of UTF-8 characters are letters. */
static bool is_wordy(char c)
{
	return is_digit(c) || is_letter(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Where the word at i ends, with points between its digits: v1.2. */
static size_t behind_word(const char *text, size_t len, size_t i)
{
	while (i < len && (is_wordy(text[i]) || (text[i] == '.' && is_digit(text[i - 1]) &&
						 i + 1 < len && is_digit(text[i + 1]))))
		i++;
	return i;
}

/* Behind the terminal's colour or place at i, like ESC [ 1 ; 31 m; its numbers are not meant. */
static size_t behind_escape(const char *text, size_t len, size_t i)
{
	i += 2;
	while (i < len && text[i] >= ' ' && text[i] < '@')
		i++;
	return i < len ? i + 1 : len;
}

/* Where the first number begins, its sign not counted; len: there is none. */
static size_t find(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && !is_digit(text[i])) {
		if (text[i] == '\033' && i + 1 < len && text[i + 1] == '[')
			i = behind_escape(text, len, i);
		else
			i = is_wordy(text[i]) ? behind_word(text, len, i) : i + 1;
	}
	return i;
}

/* Bytes of digits, point and exponent at s. */
static size_t digits(const char *s)
{
	size_t n = strspn(s, "0123456789"), e;

	if (s[n] == '.' && is_digit(s[n + 1]))
		n += 1 + strspn(s + n + 1, "0123456789");
	if (s[n] != 'e' && s[n] != 'E')
		return n;
	e = n + 1 + (s[n + 1] == '+' || s[n + 1] == '-');
	return is_digit(s[e]) ? e + strspn(s + e, "0123456789") : n;
}

/* Only of the digits: strtod() would read 0x1f. */
static double read_digits(const char *token, size_t n)
{
	char copy[NUMBER_MAX + 1];

	memcpy(copy, token, n);
	copy[n] = 0;
	return strtod(copy, NULL);
}

/* Where the word ends whose first n bytes are digits: a unit, more parts like the 30m of 1h30m. */
static size_t word(const char *token, size_t n)
{
	size_t i = n;

	while (is_letter(token[i]) || is_digit(token[i]) || token[i] == '.')
		i++;
	while (i > n && token[i - 1] == '.') /* the end of a sentence */
		i--;
	return i == n && token[i] == '%' ? i + 1 : i;
}

/* Reads the digits once more with what stands right behind them, if that is a unit. */
static void with_unit(const char *token, size_t ndigits, double *number, enum rig_unit *unit)
{
	char one[NUMBER_MAX + 2];
	enum rig_unit u;
	struct rig_why why;
	double n;

	if (rig_value_number(token, &n, &u, &why) == 0) {
		*number = n;
		*unit = u;
		return;
	}
	/* More digits than the language takes: rounded. */
	snprintf(one, sizeof(one), "1%s", token + ndigits);
	if (token[ndigits] != '.' && rig_value_number(one, &n, &u, &why) == 0) {
		*number *= n;
		*unit = u;
	}
}

bool number_first(const char *text, size_t len, double *number, enum rig_unit *unit)
{
	size_t start = find(text, len), n, end;
	char token[NUMBER_MAX + 1];
	bool negative;

	if (start == len)
		return false;
	negative =
		start > 0 && text[start - 1] == '-' && (start == 1 || !is_wordy(text[start - 2]));
	n = len - start < NUMBER_MAX ? len - start : NUMBER_MAX;
	memcpy(token, text + start, n);
	token[n] = 0;
	n = digits(token);
	*number = read_digits(token, n);
	*unit = RIG_UNIT_NONE;
	end = word(token, n);
	token[end] = 0;
	if (end > n)
		with_unit(token, n, number, unit);
	if (negative)
		*number = -*number;
	return true;
}

void number_print(double number, char out[static 32])
{
	int digits = 1;

	*out = 0;
	if (isnan(number))
		return;
	if (fabs(number) < 1e15 && number == floor(number)) {
		snprintf(out, 32, "%.0f", number == 0 ? 0 : number);
		return;
	}
	do
		snprintf(out, 32, "%.*g", digits, number);
	while (strtod(out, NULL) != number && digits++ < 17);
}
