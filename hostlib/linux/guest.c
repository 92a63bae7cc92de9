// SPDX-License-Identifier: GPL-2.0
/*
 * The guest kernel's process; see guest.h.
 *
 * Two forks: the first makes ns-init in new namespaces (isolate.c), the second the
 * guest kernel below it. ns-init waits for the guest kernel, writes its status into a
 * pipe and ends, and with it ends every process that the guest kernel made. What the
 * guest kernel prints (early messages, last words) comes through another pipe into a
 * ring, and to stderr with 'debug'.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"
#include "confine.h"
#include "console.h"
#include "crash.h"
#include "fds.h"
#include "guest.h"
#include "image.h"
#include "isolate.h"
#include "load.h"
#include "log.h"
#include "memfile.h"
#include "text.h"

#define TAIL_BYTES 65536
#define BOOTED_NS 3000000000ULL /* a guest is idle by then, or its loader is asked for little */

struct guest {
	struct linux_ctx *ctx;
	guest_end_fn ended;
	pid_t init_pid; /* ns-init, or the guest kernel where there are no namespaces */
	bool isolated;
	int control_fd;
	int crash_fd; /* its last words */
	int memory_fd; /* its memory, for switches */
	struct confine_config confine;
	struct confine_report *report; /* filled in by its processes */
	struct loop_watch out; /* its stdout and stderr */
	struct loop_watch result; /* its wait status, from ns-init */
	struct loop_timer booted;
	int wait_status;
	bool have_status, reaped;
	bool stopped; /* by somebody on the host, where there is no ns-init to know it */
	char tail[TAIL_BYTES]; /* ring */
	size_t tail_len;
};

#define PRIVATE_BYTES (64ULL << 20)

/* The stubs of a guest cannot be more than this: each takes so much of guest memory. */
#define STUB_MEMORY_MIN 32768ULL

/* Descriptors on the way to the guest kernel. */
struct passing {
	int fd[CTX_SLOTS * NL_SLOT_FDS];
	unsigned int n;
	int memory, boot, crash, control, out, self, null, cpuinfo;
};

/* What becomes of the new process. */
struct birth {
	const struct linux_ctx *ctx;
	const struct passing *pass;
	struct load_image image;
	uint64_t offset; /* of the guest kernel in this program's file */
	struct confine_config *confine;
	struct confine_report *report;
};

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t file_max(const struct linux_ctx *ctx)
{
	uint64_t max = larger(ctx->opt.mem_bytes, NL_CRASH_MAX);
	unsigned int i;

	for (i = 0; i < ctx->nslots; i++)
		if (ctx->slot[i].kind == NL_KIND_UBD)
			max = larger(max, ctx->slot[i].ubd.data_offset + ctx->slot[i].ubd.size);
	return max;
}

/* The image's data, stacks, and the bitmaps of COW disks. */
static uint64_t private_max(const struct linux_ctx *ctx)
{
	uint64_t max = PRIVATE_BYTES;
	unsigned int i;

	for (i = 0; i < ctx->nslots; i++)
		if (ctx->slot[i].kind == NL_KIND_UBD)
			max += 2 * ctx->slot[i].ubd.bitmap_len;
	return max;
}

void guest_confine(const struct linux_ctx *ctx, struct confine_config *c)
{
	*c = (struct confine_config){
		.level = ctx->opt.sandbox,
		.share = ctx->share,
		.nshares = ctx->nshares,
		.old_calls = !check_vector_flags(),
		.file_max = file_max(ctx),
		.private_max = private_max(ctx),
		.processes = 1024 + ctx->opt.mem_bytes / STUB_MEMORY_MIN,
	};
}

static int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The boot record; slots name the numbers that the descriptors will have in the guest. */
static int make_boot(const struct linux_ctx *ctx, struct passing *pass,
		     const struct confine_config *confine)
{
	struct nl_boot head = {
		.magic = NL_BOOT_MAGIC,
		.abi = NL_ABI,
		.slot_size = sizeof(struct nl_slot),
		.nslots = ctx->nslots,
		.memory_size = ctx->opt.mem_bytes,
	};
	unsigned int i, k;
	size_t n;
	const struct sock_filter *filter = confine_run_filter(confine, &n);
	int fd, err;

	head.nfilter = (uint32_t)n;
	fd = memfile_make("boot-record", 0);
	if (fd < 0)
		return fd;
	if (getrandom(head.rng_seed, sizeof(head.rng_seed), 0) < 0)
		log_debug("no randomness from the host");
	err = write_all(fd, &head, sizeof(head));
	for (i = 0; i < ctx->nslots && !err; i++) {
		struct nl_slot s = ctx->slot[i];

		for (k = 0; k < NL_SLOT_FDS; k++) {
			if (s.fd[k] < 0)
				continue;
			pass->fd[pass->n] = s.fd[k];
			s.fd[k] = NL_FD_SLOTS + (int)pass->n++;
		}
		err = write_all(fd, &s, sizeof(s));
	}
	if (!err)
		err = write_all(fd, filter, n * sizeof(*filter));
	if (!err)
		err = memfile_seal(fd, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* --- in the child: what becomes the guest kernel ---------------------------- */

/* Moves a descriptor out of the way of the fixed numbers. */
static int park(int fd, unsigned int above)
{
	int high = fcntl(fd, F_DUPFD, (int)above);

	if (high < 0)
		_exit(STATUS_OSERR);
	return high;
}

static void place(int parked, int number)
{
	if (dup2(parked, number) < 0)
		_exit(STATUS_OSERR);
}

/* The number of this program's file then; that of *maps_fd, where there is one, is the next. */
static int place_all(const struct passing *pass, int *maps_fd)
{
	int parked[CTX_SLOTS * NL_SLOT_FDS], memory, boot, crash, control, out, null, self, cpuinfo;
	unsigned int i, top = NL_FD_SLOTS + pass->n;

	for (i = 0; i < pass->n; i++)
		parked[i] = park(pass->fd[i], top + 2);
	memory = park(pass->memory, top + 2);
	boot = park(pass->boot, top + 2);
	crash = park(pass->crash, top + 2);
	control = park(pass->control, top + 2);
	out = park(pass->out, top + 2);
	null = park(pass->null, top + 2);
	self = park(pass->self, top + 2);
	cpuinfo = pass->cpuinfo >= 0 ? park(pass->cpuinfo, top + 2) : -1;
	if (*maps_fd >= 0)
		*maps_fd = park(*maps_fd, top + 2);
	for (i = 0; i < top; i++) /* between the fixed numbers there is nothing */
		place(null, (int)i);
	place(out, NL_FD_STDOUT);
	place(out, NL_FD_STDERR);
	place(control, NL_FD_CONTROL);
	place(memory, NL_FD_MEMORY);
	place(boot, NL_FD_BOOT);
	place(crash, NL_FD_CRASH);
	if (cpuinfo >= 0)
		place(cpuinfo, NL_FD_CPUINFO);
	for (i = 0; i < pass->n; i++)
		place(parked[i], NL_FD_SLOTS + (int)i);
	for (i = NL_FD_CPUINFO + (cpuinfo >= 0); i < NL_FD_SLOTS; i++)
		close((int)i);
	place(self, (int)top);
	if (*maps_fd >= 0) {
		place(*maps_fd, (int)top + 1);
		*maps_fd = (int)top + 1;
	}
	fds_close((int)top + 1 + (*maps_fd >= 0), INT_MAX);
	return (int)top;
}

static void append(char **list, size_t *n, size_t max, char *word)
{
	if (*n + 1 < max)
		list[(*n)++] = word;
	list[*n] = NULL;
}

/*
 * Drivers that are built in would make devices that nobody asked for: a look at the
 * network cards should show what the command line named. The user's words come later and
 * win.
 */
static const char *const lean[] = {
	"fb_tunnels=none",
	"dummy.numdummies=0",
	"ifb.numifbs=0",
	"bonding.max_bonds=0",
	"nbd.nbds_max=0",
	/* /sys/kernel/slab: 3,500 files, half a megabyte, for what /proc/slabinfo tells as well. */
	"initcall_blacklist=slab_late_init,slab_sysfs_init",
	/* It would wake up twice a second to see whether there is something to do. */
	"sysctl.vm.compaction_proactiveness=0",
	/* Frames are copied before the switch says so: nobody need be told that they are gone. */
	"virtio_net.napi_tx=0",
};

/* The terminal's type goes on to init, as one of its environment. */
static char *term_word(void)
{
	const char *term = getenv("TERM"), *p;
	char *word = NULL;

	for (p = term; p && *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.+", *p))
			return NULL;
	if (!term || !*term || strlen(term) > 40 || asprintf(&word, "TERM=%s", term) < 0)
		return NULL;
	return word;
}

/*
 * A word for the built-in system's init, in which only letters, digits and a few signs
 * stand for themselves: the guest kernel's command line is split at spaces and knows no
 * quotes within words. NULL without memory.
 */
static char *word_code(const char *word)
{
	char *coded = malloc(3 * strlen(word) + 2), *to = coded;

	if (!coded)
		return NULL;
	for (; *word; word++) {
		if (isalnum((unsigned char)*word) || strchr("_./:-", *word))
			*to++ = *word;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*word);
	}
	if (to == coded)
		*to++ = '%'; /* an empty word */
	*to = 0;
	return coded;
}

static char *hostfs_word(const struct options *o)
{
	char *word = NULL;

	if (asprintf(&word, "hostfs=%s%s", o->hostfs, o->hostfs_append ? ",append" : "") < 0)
		return NULL;
	return word;
}

/* The guest kernel's words: what it is told, what the user said, init's words last. */
static char **guest_argv(const struct linux_ctx *ctx)
{
	const struct options *o = &ctx->opt;
	size_t max = o->nkernel + o->ninit + 25, n = 0, i;
	char **list = calloc(max, sizeof(char *)), *mem = NULL, *term;
	struct confine_config confine;
	bool coded;

	guest_confine(ctx, &confine);
	if (!list || asprintf(&mem, "mem=%lluK", (unsigned long long)o->mem_bytes >> 10) < 0)
		return NULL;
	append(list, &n, max, "linux");
	append(list, &n, max, mem);
	if (!o->debug && !o->quiet)
		append(list, &n, max, "quiet");
	if (!o->debug)
		append(list, &n, max, "loglevel=0");
	if (!o->have_root)
		append(list, &n, max, "root=/dev/ubda");
	if (!o->have_console)
		append(list, &n, max, "console=tty0");
	if (o->hostfs)
		append(list, &n, max, hostfs_word(o));
	/* Who has the number of strangers keeps it; root sees all numbers. */
	if (o->hostfs && geteuid() != 0 && geteuid() != CONFINE_NOBODY)
		append(list, &n, max, "nestling.others_root");
	if (o->hostfs && !confine_may_change(&confine))
		append(list, &n, max, "nestling.hostfs_ro");
	for (i = 0; i < sizeof(lean) / sizeof(lean[0]); i++)
		append(list, &n, max, (char *)lean[i]);
	term = term_word();
	if (console_plain(ctx))
		append(list, &n, max, "nestling.plain");
	else if (term)
		append(list, &n, max, term);
	if (console_getty_word(ctx))
		append(list, &n, max, (char *)console_getty_word(ctx));
	for (i = 0; i < o->nkernel; i++)
		append(list, &n, max, o->kernel[i]);
	if (o->ninit)
		append(list, &n, max, "--");
	coded = o->ninit && !ctx->disk[0] && !o->initrd && strcmp(o->init[0], "-c") == 0;
	for (i = 0; i < o->ninit; i++)
		append(list, &n, max, !coded ? o->init[i] : i == 0 ? "-C" : word_code(o->init[i]));
	return list;
}

/*
 * The guest kernel's environment. Its libc must not register rseq: the area would be
 * inherited by each stub, which unmaps it, and the host ends a process whose area is gone.
 */
static char **guest_environment(void)
{
	static char *list[3] = {"GLIBC_TUNABLES=glibc.pthread.rseq=0"};
	const char *path = getenv("PATH"); /* for helpers of the stock network transports */

	if (path && asprintf(&list[1], "PATH=%s", path) < 0)
		list[1] = NULL;
	return list;
}

/* Whether the guest is to run with the layers that there are. */
static bool is_enough(const struct confine_config *c, const struct confine_report *r)
{
	if (c->level == SANDBOX_STRICT && confine_missing(c, r) < LAYER_COUNT)
		return false;
	return !confine_is_open(c, r);
}

/* proc_fd is /proc where it has no name any more, or -1. */
static void become_guest(const struct birth *b, int proc_fd)
{
	int maps_fd = proc_fd >= 0 ? openat(proc_fd, "self/maps", O_RDONLY | O_CLOEXEC)
				   : open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char **argv = guest_argv(b->ctx);
	int self, err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "guest-kernel");
	if (!argv)
		_exit(STATUS_OSERR);
	self = place_all(b->pass, &maps_fd);
	confine_guest(b->confine, b->report);
	if (!is_enough(b->confine, b->report)) {
		b->report->refused = true;
		_exit(STATUS_UNAVAILABLE);
	}
	err = load_exec(self, maps_fd, b->offset, &b->image, argv, guest_environment());
	dprintf(NL_FD_STDERR, "mapping the guest kernel failed: %s\n", strerror(-err));
	_exit(STATUS_OSERR);
}

/* --- in the loader ---------------------------------------------------------- */

static void tail_add(struct guest *g, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		g->tail[g->tail_len++ % TAIL_BYTES] = data[i];
}

/*
 * The guest kernel's words on the operator's terminal, which is not the guest's: what that would obey
 * is made visible. Lines may go to a terminal in raw mode.
 */
static void print_text(const char *data, size_t len)
{
	char line[4 * 256 + 2];
	size_t n, m;

	for (; len; data += n, len -= n) {
		const char *end = memchr(data, '\n', len < 256 ? len : 256);

		n = end ? (size_t)(end - data) : len < 256 ? len : 256;
		/* The first byte of a control character must not be parted from its second. */
		n -= n > 1 && !end && (unsigned char)data[n - 1] == 0xc2;
		m = text_visible(line, sizeof(line) - 1, data, n, "\t");
		if (n == 1 && !end && (unsigned char)*data == 0xc2)
			m = (size_t)sprintf(line, "\\xc2");
		if (end) {
			m += (size_t)sprintf(line + m, "\r\n");
			n++;
		}
		if (write(STDERR_FILENO, line, m) < 0)
			return;
	}
}

static void out_ready(struct loop_watch *w, short revents)
{
	struct guest *g = w->arg;
	char buf[4096];
	int fd = w->fd;
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0) {
		tail_add(g, buf, (size_t)n);
		if (g->ctx->opt.debug)
			print_text(buf, (size_t)n);
	} else if (n == 0 || errno != EAGAIN) {
		loop_del(w);
		close(fd);
	}
}

/* Of the oldest byte that is kept on. */
static size_t tail_start(const struct guest *g)
{
	return g->tail_len > TAIL_BYTES ? g->tail_len - TAIL_BYTES : 0;
}

void guest_print_tail(const struct linux_ctx *ctx)
{
	const struct guest *g = ctx->guest;
	char *text;

	if (!g || ctx->opt.debug)
		return; /* it has been shown */
	text = guest_tail(ctx);
	if (text)
		print_text(text, g->tail_len - tail_start(g));
	free(text);
}

char *guest_tail(const struct linux_ctx *ctx)
{
	const struct guest *g = ctx->guest;
	size_t start, i;
	char *text;

	if (!g)
		return NULL;
	start = tail_start(g);
	text = calloc(1, TAIL_BYTES + 1);
	for (i = start; text && i < g->tail_len; i++)
		text[i - start] = g->tail[i % TAIL_BYTES];
	return text;
}

char *guest_words(const struct linux_ctx *ctx)
{
	return ctx->guest ? crash_words(ctx->guest->crash_fd) : NULL;
}

/* Everything that can still come from the guest has come: tell what it was. */
static void conclude(struct guest *g)
{
	int s = g->wait_status;

	while (g->out.fd >= 0)
		out_ready(&g->out, POLLIN);
	if (!g->have_status)
		g->ended(g->ctx, GUEST_DIED, SIGKILL);
	else if (WIFSIGNALED(s))
		g->ended(g->ctx, GUEST_DIED, WTERMSIG(s));
	else if (WEXITSTATUS(s) == NL_EXIT_REBOOT)
		g->ended(g->ctx, GUEST_RESTART, 0);
	else if (WEXITSTATUS(s) > NL_EXIT_REBOOT)
		g->ended(g->ctx, GUEST_DIED, 0);
	else
		g->ended(g->ctx, GUEST_HALTED, WEXITSTATUS(s));
}

static void result_ready(struct loop_watch *w, short revents)
{
	struct guest *g = w->arg;
	int fd = w->fd, status;

	if (read(fd, &status, sizeof(status)) == sizeof(status)) {
		g->wait_status = status;
		g->have_status = true;
	}
	loop_del(w);
	close(fd);
	if (g->reaped)
		conclude(g);
}

void guest_reap(struct linux_ctx *ctx)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
		struct guest *g = ctx->guest; /* may be another after conclude() */

		if (!g || pid != g->init_pid || g->reaped)
			continue;
		/* Its processes are a group; in a namespace ns-init is the one that sees to it. */
		if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
			if (!g->isolated)
				isolate_pass_on(status, -pid, &g->stopped);
			continue;
		}
		g->reaped = true;
		if (!g->isolated) {
			g->wait_status = status;
			g->have_status = true;
			isolate_kill_rest();
		}
		if (g->result.fd < 0)
			conclude(g);
	}
}

void guest_kill(struct linux_ctx *ctx)
{
	if (ctx->guest && !ctx->guest->reaped)
		kill(ctx->guest->init_pid, SIGKILL);
}

/* The guest kernel is the first child of the first process, in a namespace; else that itself. */
static pid_t kernel_pid(const struct guest *g)
{
	char path[64];
	int pid = 0;
	FILE *f;

	if (!g || g->reaped)
		return -1;
	if (!g->isolated)
		return g->init_pid;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", g->init_pid, g->init_pid);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid > 0 ? pid : -1;
}

bool guest_abort(const struct linux_ctx *ctx)
{
	pid_t pid = kernel_pid(ctx->guest);

	return pid > 0 && kill(pid, SIGABRT) == 0;
}

void guest_grow(const struct linux_ctx *ctx)
{
	pid_t pid = kernel_pid(ctx->guest);
	struct confine_config c;
	int err;

	guest_confine(ctx, &c);
	err = pid > 0 && c.level != SANDBOX_OFF ? confine_grow(pid, &c) : 0;
	if (err)
		log_err("raising the guest's limits failed: %s; writes to the end of the new disk "
			"may fail",
			strerror(-err));
}

/* Those that nothing else stands in for. (Root without a user namespace becomes nobody all the same.) */
static bool is_weighty(enum confine_layer layer)
{
	return layer == LAYER_PID || layer == LAYER_MOUNT || layer == LAYER_FILTER;
}

void guest_tell_layers(struct linux_ctx *ctx)
{
	const struct guest *g = ctx->guest;
	enum confine_layer i, first = LAYER_COUNT;

	/* Guests can say again and again that they run. */
	if (!g || ctx->told_layers || g->confine.level == SANDBOX_OFF)
		return;
	ctx->told_layers = true;
	for (i = 0; i < LAYER_COUNT; i++) {
		if (!g->report->err[i] || confine_skips(&g->confine, i))
			continue;
		log_debug("this host does not give: %s: %s", confine_name(i),
			  strerror(-g->report->err[i]));
		if (first == LAYER_COUNT && is_weighty(i))
			first = i;
	}
	if (first < LAYER_COUNT)
		log_warn("a layer around the guest is missing: %s; 'linux --check' tells why and "
			 "what else, --sandbox=strict refuses to start",
			 confine_name(first));
}

bool guest_tell_refusal(const struct linux_ctx *ctx)
{
	const struct guest *g = ctx->guest;
	enum confine_layer missing;
	char why[CONFINE_WHY_LEN];

	if (!g->report->refused)
		return false;
	missing = confine_missing(&g->confine, g->report);
	if (g->confine.level == SANDBOX_STRICT) {
		confine_why(missing, g->report->err[missing], why);
		log_err("--sandbox=strict: this host does not give: %s: %s", confine_name(missing),
			why);
	} else {
		log_err("this host cannot keep the guest from files that it is not to have: mount "
			"namespace: %s; Landlock: %s; cure: either of them ('linux --check'), or "
			"--sandbox=off",
			strerror(-g->report->err[LAYER_MOUNT]),
			strerror(-g->report->err[LAYER_LANDLOCK]));
	}
	return true;
}

int guest_memory_fd(const struct linux_ctx *ctx)
{
	return ctx->guest ? ctx->guest->memory_fd : -1;
}

int guest_control_fd(const struct linux_ctx *ctx)
{
	return ctx->guest ? ctx->guest->control_fd : -1;
}

pid_t guest_pid(const struct linux_ctx *ctx)
{
	return ctx->guest && !ctx->guest->reaped ? ctx->guest->init_pid : -1;
}

void guest_free(struct linux_ctx *ctx)
{
	struct guest *g = ctx->guest;

	if (!g)
		return;
	loop_timer_del(&g->booted);
	if (g->out.fd >= 0) {
		int fd = g->out.fd;

		loop_del(&g->out);
		close(fd);
	}
	close(g->control_fd);
	close(g->crash_fd);
	close(g->memory_fd);
	confine_report_free(g->report);
	free(g);
	ctx->guest = NULL;
}

static int find_kernel(const struct linux_ctx *ctx, struct load_image *image, uint64_t *offset)
{
	const struct pack_blob *b = pack_find(&ctx->pack, "kernel");
	char head[LOAD_HEAD];
	ssize_t n;

	if (!b)
		return -ENOENT;
	n = pread(ctx->self_fd, head, sizeof(head), (off_t)b->offset);
	if (n < 0)
		return -errno;
	*offset = b->offset;
	return load_parse(head, (size_t)n, b->length, image);
}

struct pipes {
	int control[2], out[2], result[2];
};

static void close_pair(int pair[2])
{
	if (pair[0] >= 0)
		close(pair[0]);
	if (pair[1] >= 0)
		close(pair[1]);
	pair[0] = pair[1] = -1;
}

static int make_pipes(struct pipes *p)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p->control) < 0 ||
	    pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->result, O_CLOEXEC) < 0) {
		int err = -errno;

		close_pair(p->control);
		close_pair(p->out);
		close_pair(p->result);
		return err;
	}
	return 0;
}

/* Body of the first child. With namespaces it is ns-init and has the guest below it. */
static void child(const struct birth *b, int result_fd, bool isolated)
{
	int status, proc_fd = -1;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (!isolated)
		become_guest(b, -1);
	confine_namespaces(b->confine, b->report, &proc_fd);
	pid = fork();
	if (pid == 0)
		become_guest(b, proc_fd);
	prctl(PR_SET_NAME, "ns-init");
	isolate_close(result_fd);
	confine_init(b->confine);
	image_trim();
	isolate_init(pid, &status);
	if (write(ISOLATE_FD, &status, sizeof(status)) < 0)
		_exit(1);
	_exit(0);
}

static void trim(struct loop_timer *t)
{
	(void)t;
	image_trim();
}

static int watch(struct guest *g, const struct pipes *p)
{
	struct loop *loop = g->ctx->loop;
	int err;

	fcntl(p->out[0], F_SETFL, O_NONBLOCK);
	err = loop_add(loop, &g->out, p->out[0], POLLIN, out_ready, g);
	if (!err && g->isolated)
		err = loop_add(loop, &g->result, p->result[0], POLLIN, result_ready, g);
	if (!err)
		loop_timer_set(loop, &g->booted, BOOTED_NS, trim, g);
	return err;
}

static int spawn(struct guest *g, struct passing *pass, struct pipes *p)
{
	struct birth birth = {g->ctx, pass, .confine = &g->confine, .report = g->report},
		     *b = &birth;
	int err = find_kernel(g->ctx, &b->image, &b->offset);

	if (err) {
		log_err("this file carries no guest kernel that can be started; build it again "
			"with make");
		return err;
	}
	pass->control = p->control[1];
	pass->out = p->out[1];
	pass->self = g->ctx->self_fd;
	g->init_pid = confine_fork(b->confine, b->report, &g->isolated);
	if (g->init_pid == 0)
		child(b, p->result[1], g->isolated);
	if (g->init_pid < 0) {
		log_err("starting the guest failed: %s; is the limit on processes (ulimit -u) "
			"reached?",
			strerror(-g->init_pid));
		return g->init_pid;
	}
	close(p->control[1]);
	close(p->out[1]);
	close(p->result[1]);
	if (!g->isolated)
		close(p->result[0]);
	g->control_fd = p->control[0];
	return watch(g, p);
}

static void keep_all(struct confine_config *c, const struct passing *pass, int self_fd)
{
	unsigned int i;

	confine_keep(c, pass->null);
	confine_keep(c, pass->cpuinfo);
	confine_keep(c, self_fd);
	for (i = 0; i < pass->n; i++)
		confine_keep(c, pass->fd[i]);
}

static int prepare(struct guest *g, struct passing *pass)
{
	struct linux_ctx *ctx = g->ctx;

	guest_confine(ctx, &g->confine);
	g->report = confine_report_make();
	if (!g->report) {
		log_err("getting memory failed: %s", strerror(errno));
		return -ENOMEM;
	}
	pass->memory = memfile_make_fixed("guest-memory", ctx->opt.mem_bytes);
	if (pass->memory < 0) {
		log_err("getting %llu MB of guest memory failed: %s; ask for less with mem=",
			(unsigned long long)ctx->opt.mem_bytes >> 20, strerror(-pass->memory));
		return pass->memory;
	}
	pass->boot = make_boot(ctx, pass, &g->confine);
	if (pass->boot < 0) {
		log_err("writing the boot record failed: %s", strerror(-pass->boot));
		return pass->boot;
	}
	pass->crash = crash_make();
	if (pass->crash < 0) {
		log_err("making a file for last words failed: %s", strerror(-pass->crash));
		return pass->crash;
	}
	pass->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (pass->null < 0) {
		log_err("opening /dev/null failed: %s", strerror(errno));
		return -errno;
	}
	pass->cpuinfo = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC); /* it can do without */
	keep_all(&g->confine, pass, ctx->self_fd);
	return 0;
}

int guest_start(struct linux_ctx *ctx, guest_end_fn ended)
{
	struct passing pass = {.memory = -1, .boot = -1, .crash = -1, .null = -1, .cpuinfo = -1};
	struct pipes pipes;
	struct guest *g = calloc(1, sizeof(*g));
	int err = g ? 0 : -ENOMEM;

	if (!err) {
		g->ctx = ctx;
		g->ended = ended;
		g->out.fd = g->result.fd = g->control_fd = -1;
		err = prepare(g, &pass);
	}
	if (!err)
		err = make_pipes(&pipes);
	if (!err)
		err = spawn(g, &pass, &pipes);
	if (pass.boot >= 0)
		close(pass.boot);
	if (pass.null >= 0)
		close(pass.null);
	if (pass.cpuinfo >= 0)
		close(pass.cpuinfo);
	if (err) {
		if (pass.crash >= 0)
			close(pass.crash);
		if (pass.memory >= 0)
			close(pass.memory);
		if (g)
			confine_report_free(g->report);
		free(g);
		return err;
	}
	g->crash_fd = pass.crash;
	g->memory_fd = pass.memory;
	ctx->guest = g;
	return 0;
}
