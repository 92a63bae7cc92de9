/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stub_code.S takes from the kernel's header of this name, for a stub in a program (escape-
 * control.h).
 */
#define SYM_L_GLOBAL(name) .globl name
#define SYM_CODE_START(name) \
	.globl name;         \
	name:
#define SYM_INNER_LABEL(name, linkage) \
	linkage(name);                 \
	name:
#define SYM_CODE_END(name)
