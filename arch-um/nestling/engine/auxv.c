// SPDX-License-Identifier: GPL-2.0
/*
 * What exec tells a program in its auxiliary vector of the CPU and of signal frames
 * (getauxval(3); bits of AT_HWCAP2: arch/x86/include/uapi/asm/hwcap2.h).
 */
#include <linux/elf.h>
#include <nestling.h>
#include "engine.h"

#define CPUID_FEATURES 1
#define HWCAP2_FSGSBASE 2

unsigned long nl_hwcap2, nl_minsigstksz;

void nl_auxv_init(void)
{
	unsigned int a = CPUID_FEATURES, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	elf_aux_hwcap = d;
	nl_hwcap2 = nl_host.fsgsbase ? HWCAP2_FSGSBASE : 0;
	nl_minsigstksz = nl_sigframe_room();
}
