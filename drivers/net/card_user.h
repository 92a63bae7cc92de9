/* SPDX-License-Identifier: GPL-2.0 */
/* Host half of card_kern.c. */
#ifndef NESTLING_CARD_USER_H
#define NESTLING_CARD_USER_H

/* Tells whoever serves the ring of this eventfd that there is something in it. */
void nl_card_kick(int fd);

#endif
