// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of crash.c: signals from outside that are meant to kill. SIGSEGV and SIGABRT
 * make a report, as a fault of the kernel's own does. Helper threads, which share the
 * kernel's memory but are none of its tasks, just die of them.
 *
 * @host run kill POSITIVE(0): it dies of the signal that was meant to kill
 */
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <as-layout.h>
#include <kern_util.h>
#include <nestling.h>
#include <os.h>
#include <sysdep/mcontext.h>
#include <sysdep/ptrace.h>
#include "crash_user.h"

#define PATIENCE_S 10 /* for the report, whatever state the kernel is in */

static pid_t kernel;
static int patience = -1; /* the timer that kills us; made while the filter still allows it */

void nl_crash_begin(void)
{
	struct itimerspec when = {.it_value.tv_sec = PATIENCE_S};

	signal(SIGABRT, SIG_DFL);
	if (patience >= 0)
		syscall(SYS_timer_settime, patience, 0, &when, NULL);
}

static void outside(int sig, struct uml_pt_regs *regs)
{
	if (getpid() != kernel) {
		signal(sig, SIG_DFL);
		kill(getpid(), sig);
		return;
	}
	nl_crash_begin();
	nl_crash_outside(sig, regs);
}

void nl_crash_abort(int sig, void *mc)
{
	struct uml_pt_regs regs = {.is_user = 0};

	get_regs_from_mc(&regs, mc);
	outside(sig, &regs);
}

/* A fault has a code above zero; what a process sent has not. */
static void fault(int sig, struct siginfo *info, struct uml_pt_regs *regs)
{
	if (!regs->is_user && ((siginfo_t *)info)->si_code <= 0)
		outside(sig, regs);
	else
		segv_handler(sig, info, regs);
}

/* Upstream panics at these too, but on the signal's stack, where it shows no backtrace. */
static void exception(int sig, struct siginfo *info, struct uml_pt_regs *regs)
{
	if (!regs->is_user && ((siginfo_t *)info)->si_code <= 0)
		outside(sig, regs);
	if (!regs->is_user)
		nl_crash_registers(regs);
	relay_signal(sig, info, regs);
}

void nl_crash_watch(void)
{
	struct sigevent kill_us = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};

	kernel = getpid();
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &kill_us, &patience) < 0)
		patience = -1;
	sig_info[SIGSEGV] = fault;
	sig_info[SIGBUS] = sig_info[SIGILL] = sig_info[SIGFPE] = sig_info[SIGTRAP] = exception;
	set_handler(SIGABRT);
	/* Upstream's handlers make a status of 1 of these, as if the guest had ended so. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}
