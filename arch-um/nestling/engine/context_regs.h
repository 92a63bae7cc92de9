/* SPDX-License-Identifier: GPL-2.0 */
/* General registers, stack and instruction pointer between a task and a signal frame. */
#ifndef NESTLING_CONTEXT_REGS_H
#define NESTLING_CONTEXT_REGS_H

#include <asm/ptrace.h>
#include <asm/ucontext.h>

/* All but flags and segments: what of these goes over, the caller knows. */
static inline void nl_context_put(struct sigcontext *sc, const unsigned long *gp)
{
	sc->r8 = gp[HOST_R8];
	sc->r9 = gp[HOST_R9];
	sc->r10 = gp[HOST_R10];
	sc->r11 = gp[HOST_R11];
	sc->r12 = gp[HOST_R12];
	sc->r13 = gp[HOST_R13];
	sc->r14 = gp[HOST_R14];
	sc->r15 = gp[HOST_R15];
	sc->di = gp[HOST_DI];
	sc->si = gp[HOST_SI];
	sc->bp = gp[HOST_BP];
	sc->bx = gp[HOST_BX];
	sc->dx = gp[HOST_DX];
	sc->ax = gp[HOST_AX];
	sc->cx = gp[HOST_CX];
	sc->sp = gp[HOST_SP];
	sc->ip = gp[HOST_IP];
}

/* The other way. */
static inline void nl_context_get(unsigned long *gp, const struct sigcontext *sc)
{
	gp[HOST_R8] = sc->r8;
	gp[HOST_R9] = sc->r9;
	gp[HOST_R10] = sc->r10;
	gp[HOST_R11] = sc->r11;
	gp[HOST_R12] = sc->r12;
	gp[HOST_R13] = sc->r13;
	gp[HOST_R14] = sc->r14;
	gp[HOST_R15] = sc->r15;
	gp[HOST_DI] = sc->di;
	gp[HOST_SI] = sc->si;
	gp[HOST_BP] = sc->bp;
	gp[HOST_BX] = sc->bx;
	gp[HOST_DX] = sc->dx;
	gp[HOST_AX] = sc->ax;
	gp[HOST_CX] = sc->cx;
	gp[HOST_SP] = sc->sp;
	gp[HOST_IP] = sc->ip;
}

#endif
