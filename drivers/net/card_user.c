// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of network cards.
 *
 * @host run write: the switch is told of frames
 */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>
#include "card_user.h"

void nl_card_kick(int fd)
{
	uint64_t one = 1;

	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}
