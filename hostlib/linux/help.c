// SPDX-License-Identifier: GPL-2.0
/* --help, --version, --showconfig; see help.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "help.h"
#include "log.h"

static const char text[] =
	"Usage: linux [SWITCH...] [KERNEL PARAMETER...] [-- INIT ARGUMENT...]\n"
	"Boots Linux as an ordinary process. Without arguments: a small built-in system.\n"
	"\n"
	"Examples\n"
	"  linux                                    the built-in system, to a shell prompt\n"
	"  linux mem=128M ubd0=cow,root_fs root=/dev/ubd0   a disk image, changes go to 'cow'\n"
	"  linux -- -c 'uname -a'                   one command, then power off\n"
	"  linux umid=web con1=xterm ssl0=port:9000 a name, a window, a line for telnet\n"
	"\n"
	"Machine\n"
	"  mem=SIZE              memory of the guest: K, M or G (128M)\n"
	"  umid=NAME             name of the guest, for uml_mconsole (guest-PID)\n"
	"  uml_dir=DIR           directory of run-time files (~/.uml)\n"
	"  initrd=FILE           initial RAM disk\n"
	"  noreboot              end instead of restarting when the guest reboots\n"
	"  seccomp=on ncpus=1    what a guest is anyway; for upstream's command lines\n"
	"\n"
	"Disks, n = 0-15 or a-p\n"
	"  ubdN=FILE             FILE is the disk\n"
	"  ubdN=COW,BACKING      reads from BACKING, writes go to COW, made when absent\n"
	"  ubdN=COW,             COW remembers what it stands on\n"
	"  ubdN=FILE,,SERIAL     with a serial number\n"
	"  ubdNFLAGS=...         r read-only, s synchronous, c shared (no lock),\n"
	"                        d data (never take it as COW), t no TRIM\n"
	"  root=/dev/ubd0        disk with the root file system (/dev/ubda)\n"
	"\n"
	"Consoles, conN with N = 0-15 and sslN with N = 0-63; con=, ssl= for all others\n"
	"  conN=CHANNEL          or IN,OUT; con0 is fd:0,fd:1, where linux was typed\n"
	"     fd:N null none port:N pty pts tty:DEVICE xterm\n"
	"  xterm=PROGRAM,TITLE,EXEC   terminal emulator and its switches (xterm,-T,-e)\n"
	"  escape=KEY            escape key of the console (^]; 'none' for none)\n"
	"\n"
	"Network, n = 0-15; MAC may be empty\n"
	"  ethN=daemon,MAC,unix,SOCKET[,wait|start]   a switch (uml_switch)\n"
	"  ethN=nat[,MAC][,OPTION...]   the host's network, without privileges\n"
	"  ethN=tuntap,TAP,MAC  ethN=mcast,MAC,ADDR,PORT,TTL  ethN=vde,SWITCH,MAC\n"
	"  vecN:transport=tap,ifname=TAP  virtio_uml.device=SOCKET:1\n"
	"\n"
	"Control\n"
	"  mconsole=notify:SOCKET     tell of start, panic and messages on SOCKET\n"
	"  hostfs=DIR[,ro][,append]   directory of the host for 'mount -t hostfs'\n"
	"  debug                 show the guest kernel's messages\n"
	"  quiet                 fewer of them\n"
	"  notrim                keeps breakpoints of a debugger in the guest kernel\n"
	"  time=virtual          time passes when there is nothing to do (real)\n"
	"  time-travel[=inf-cpu] simulated time; time-travel-start=NS\n"
	"\n"
	"Confinement\n"
	"  --sandbox=default     what the host offers (--check)\n"
	"  --sandbox=strict      all of it, or no guest\n"
	"  --sandbox=off         none: for debugging, with guests that are trusted\n"
	"\n"
	"About this program\n"
	"  --help  --version  --showconfig\n"
	"  --check               what this host offers and lacks, with the cure\n"
	"\n"
	"All else goes to the guest kernel; words after -- go to init.\n"
	"\n"
	"Exit status: the guest's (0-63, from /proc/exitcode), or 64 wrong command line,\n"
	"65 unusable file, 66 no such file, 69 the host lacks something, 70 panic,\n"
	"71 error of the host, 73 cannot create, 75 in use, 77 no permission,\n"
	"128+N ended by signal N.\n";

void help_print(void)
{
	fputs(text, stdout);
}

static int print_blob(const struct linux_ctx *ctx, const char *name)
{
	const struct pack_blob *b = pack_find(&ctx->pack, name);
	uint64_t done = 0;
	char buf[65536];

	while (b && done < b->length) {
		size_t want = b->length - done < sizeof(buf) ? b->length - done : sizeof(buf);
		ssize_t n = pread(ctx->self_fd, buf, want, (off_t)(b->offset + done));

		if (n <= 0)
			break;
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return STATUS_OSERR;
		done += (uint64_t)n;
	}
	if (b && done == b->length)
		return 0;
	log_err("this file carries no '%s'; build it again with make", name);
	return STATUS_DATA;
}

int help_version(const struct linux_ctx *ctx)
{
	return print_blob(ctx, "version");
}

int help_showconfig(const struct linux_ctx *ctx)
{
	return print_blob(ctx, "config");
}
