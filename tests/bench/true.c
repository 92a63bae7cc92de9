// SPDX-License-Identifier: GPL-2.0
/* The smallest program there is, for micro's exec row. */
int main(void)
{
	return 0;
}
