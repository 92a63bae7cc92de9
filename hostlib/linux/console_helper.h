/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program inside a terminal window: `linux --console-helper SOCKET`. It gives its
 * terminal to the loader and waits.
 */
#ifndef NESTLING_CONSOLE_HELPER_H
#define NESTLING_CONSOLE_HELPER_H

#define CONSOLE_HELPER_HELLO 'h' /* first byte, with the terminal attached */
#define CONSOLE_HELPER_RESIZED 'w' /* the window has another size */

/* Serves until the loader closes the socket. The exit status. */
int console_helper(const char *socket_path);

#endif
