/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hooks in upstream's files call (arch-um/patches). Laid into
 * arch/um/include/shared, so that both kernel-side and host-side files of
 * arch/um find it as <nestling.h>.
 */
#ifndef NESTLING_HOOKS_H
#define NESTLING_HOOKS_H

/*
 * End of the guest kernel's image, rounded up to a page. Guest memory starts
 * there, not at the host's program break: the break moves with address
 * randomisation and with the way the image was loaded, and guest memory must
 * look the same in every run.
 */
unsigned long nl_image_end(void);

/*
 * The descriptor of guest memory, at least len bytes long. Ends the process
 * with one line on stderr when the loader did not provide it.
 */
int nl_memory_fd(unsigned long long len);

/* Exit status of the process after a restart was asked for. */
int nl_reboot_status(void);

#endif
