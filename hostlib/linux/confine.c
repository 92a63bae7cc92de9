// SPDX-License-Identifier: GPL-2.0
/*
 * The layers around a guest, apart from namespaces (confine_ns.c) and the programs of the
 * filters (confine_filter.c); see confine.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "abi.h"
#include "confine.h"
#include "confine_private.h"
#include "confine_why.h"
#include "landlock.h"

#define STACK_BYTES (8UL << 20)
#define DESCRIPTORS 1024

/* Where no switch is seen to be in the way. */
#define NS_CURE "in a container allow clone(2), unshare(2) and mount(2); a kernel with CONFIG_"

static const struct {
	const char *name, *cure;
} layers[LAYER_COUNT] = {
	[LAYER_USER] = {"user namespace (no rights outside)", NS_CURE "USER_NS"},
	[LAYER_PID] = {"pid namespace (nothing outlives the loader)", NS_CURE "PID_NS"},
	[LAYER_MOUNT] = {"mount namespace with an empty root (no file has a name)",
			 NS_CURE "NAMESPACES"},
	[LAYER_NET] = {"network namespace (no network)", NS_CURE "NET_NS"},
	[LAYER_IPC] = {"IPC namespace", NS_CURE "IPC_NS"},
	[LAYER_UTS] = {"UTS namespace", NS_CURE "UTS_NS"},
	[LAYER_CGROUP] = {"cgroup namespace", NS_CURE "CGROUPS"},
	[LAYER_LIMITS] = {"resource limits (processes, size of files, no core dumps)",
			  "raise the hard limits (ulimit -H)"},
	[LAYER_ROOT] = {"root becomes a user without rights", "allow setuid(2) in the container"},
	[LAYER_CAPABILITIES] = {"no capabilities", "allow capset(2)"},
	[LAYER_PRIVILEGES] = {"no new privileges", "Linux 3.5 or later"},
	[LAYER_LANDLOCK] = {"Landlock (no file of the host)",
			    "Linux 5.13 or later, with landlock in lsm="},
	[LAYER_FILTER] =
		{"system call filters (40 calls after boot, up to 71 with files of the host)",
		 "a kernel with CONFIG_SECCOMP_FILTER; in a container allow seccomp(2)"},
};

const char *confine_name(enum confine_layer layer)
{
	return layers[layer].name;
}

void confine_why(enum confine_layer layer, int err, char out[static CONFINE_WHY_LEN])
{
	struct confine_host host = {.sysctls = "/proc/sys", .privileged = geteuid() == 0};
	struct utsname u = {0};

	uname(&u);
	host.release = u.release;
	confine_why_at(&host, layer, err, layers[layer].cure, out);
}

struct confine_report *confine_report_make(void)
{
	void *p = mmap(NULL, sizeof(struct confine_report), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void confine_report_free(struct confine_report *r)
{
	if (r)
		munmap(r, sizeof(*r));
}

bool confine_skips(const struct confine_config *c, enum confine_layer layer)
{
	if (c->level == SANDBOX_OFF)
		return layer != LAYER_PID && layer != LAYER_USER;
	/* The directories that root shares are mostly root's own: it stays that user, without rights. */
	return layer == LAYER_ROOT && c->nshares;
}

enum confine_layer confine_missing(const struct confine_config *c, const struct confine_report *r)
{
	enum confine_layer i = 0;

	while (i < LAYER_COUNT && (!r->err[i] || confine_skips(c, i)))
		i++;
	return i;
}

bool confine_is_open(const struct confine_config *c, const struct confine_report *r)
{
	return c->level != SANDBOX_OFF && c->nshares && r->err[LAYER_MOUNT] &&
	       r->err[LAYER_LANDLOCK];
}

/* --- layers of a process ---------------------------------------------------- */

static int limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return -errno;
	if (now.rlim_max < hard)
		hard = now.rlim_max;
	now.rlim_cur = soft < hard ? soft : hard;
	now.rlim_max = hard;
	return setrlimit(resource, &now) < 0 ? -errno : 0;
}

bool confine_may_change(const struct confine_config *c)
{
	size_t i;

	for (i = 0; i < c->nshares; i++)
		if (c->share[i].mode == SHARE_WRITE)
			return true;
	return false;
}

/* On the host now, all users'; the fourth field of loadavg is "running/all". */
static rlim_t tasks(void)
{
	unsigned long all = 0;
	FILE *f = fopen("/proc/loadavg", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*s %*s %*s %*u/%lu", &all) != 1)
		all = 0;
	fclose(f);
	return all;
}

static int limit_all(const struct confine_config *c, const struct confine_report *r)
{
	int err = limit(RLIMIT_CORE, 0, 0);
	rlim_t processes;

	if (!err) /* hostfs has one for each open file */
		err = c->nshares ? limit(RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY)
				 : limit(RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS);
	if (!err)
		err = limit(RLIMIT_MEMLOCK, 0, 0);
	if (!err)
		err = limit(RLIMIT_STACK, STACK_BYTES, RLIM_INFINITY);
	/* The loader raises it when a larger disk is added (confine_grow()). */
	if (!err && !confine_may_change(c))
		err = limit(RLIMIT_FSIZE, c->file_max, RLIM_INFINITY);
	if (!err)
		err = limit(RLIMIT_DATA, c->private_max, RLIM_INFINITY);
	/* Counted in each user namespace; without one, with all that the user runs besides. */
	processes = c->processes + (r->err[LAYER_USER] ? tasks() : 0);
	if (!err)
		err = limit(RLIMIT_NPROC, processes, processes);
	return err;
}

static int grow(pid_t pid, int resource, rlim_t soft)
{
	struct rlimit now;

	if (prlimit(pid, resource, NULL, &now) < 0)
		return -errno;
	if (now.rlim_cur >= soft)
		return 0;
	now.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max;
	return prlimit(pid, resource, &now, NULL) < 0 ? -errno : 0;
}

int confine_grow(pid_t pid, const struct confine_config *c)
{
	int err = grow(pid, RLIMIT_FSIZE, c->file_max);

	return err ? err : grow(pid, RLIMIT_DATA, c->private_max);
}

int confine_become(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

/* Rights over files that root keeps for those that it shares; mounts and Landlock bound them. */
#define FILE_RIGHTS                                                                                \
	(1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER | \
	 1U << CAP_FSETID)

static int keep_capabilities(unsigned int kept)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{kept, kept, 0}};
	int i;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* refused to those who have nothing to drop */
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int drop_capabilities(const struct confine_config *c)
{
	if (c->nshares && geteuid() == 0 && keep_capabilities(FILE_RIGHTS) == 0)
		return 0;
	return keep_capabilities(0);
}

/* The filter with this process's number in it. 0 or -errno. */
static int put_filter(const struct sock_filter *filter, size_t n)
{
	struct sock_filter copy[NL_FILTER_MAX];
	struct sock_fprog prog = {.len = (unsigned short)n, .filter = copy};
	size_t i;

	if (n > NL_FILTER_MAX)
		return -E2BIG;
	memcpy(copy, filter, n * sizeof(*filter));
	for (i = 0; i < n; i++)
		if (copy[i].k == NL_FILTER_SELF)
			copy[i].k = (uint32_t)getpid();
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) < 0 ? -errno : 0;
}

/* Nothing but what is shared; what is hidden has been covered, if there is a mount namespace. */
static int restrict_files(const struct confine_config *c, bool covered)
{
	struct confine_names names = {0};
	int err = 0;
	size_t i;

	for (i = 0; i < c->nshares && !err; i++)
		if (c->share[i].mode != SHARE_HIDE)
			err = covered ? confine_names_add(&names, &c->share[i])
				      : confine_names_around(&names, c, &c->share[i]);
	if (!err)
		err = landlock_restrict(names.dir, names.n, true);
	confine_names_free(&names);
	return err;
}

static int no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* Root that did not get a user namespace is root still. */
static int leave_root(const struct confine_config *c)
{
	return geteuid() == 0 && !confine_skips(c, LAYER_ROOT)
		       ? confine_become(CONFINE_NOBODY, CONFINE_NOBODY)
		       : 0;
}

/*
 * Root's processes are not counted by the host: RLIMIT_NPROC looks at the real user. Root that
 * stays root for its files, which look at the effective one, lets itself be counted as nobody.
 */
static int be_counted(const struct confine_config *c)
{
	if (!c->nshares || geteuid() != 0)
		return 0;
	if (setresuid(CONFINE_NOBODY, (uid_t)-1, (uid_t)-1) == 0)
		return 0;
	/* Where there is no nobody, in a user namespace of few numbers, root is mostly not the host's. */
	return errno == EINVAL ? 0 : -errno;
}

void confine_guest(const struct confine_config *c, struct confine_report *r)
{
	const struct sock_filter *filter;
	size_t n;

	if (c->level == SANDBOX_OFF)
		return;
	r->err[LAYER_LIMITS] = limit_all(c, r);
	if (!r->err[LAYER_LIMITS])
		r->err[LAYER_LIMITS] = be_counted(c);
	r->err[LAYER_ROOT] = leave_root(c);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten with the user */
	/* Outside a user namespace of its own a right would be one over the host. */
	r->err[LAYER_CAPABILITIES] =
		r->err[LAYER_USER] ? keep_capabilities(0) : drop_capabilities(c);
	r->err[LAYER_PRIVILEGES] = no_new_privileges();
	r->err[LAYER_LANDLOCK] = restrict_files(c, !r->err[LAYER_MOUNT]);
	filter = confine_boot_filter(c, &n);
	r->err[LAYER_FILTER] = put_filter(filter, n);
}

void confine_init(const struct confine_config *c)
{
	const struct sock_filter *filter;
	size_t n;

	if (c->level == SANDBOX_OFF)
		return;
	leave_root(c);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_capabilities(0);
	no_new_privileges();
	landlock_restrict(NULL, 0, false); /* it stops and continues the guest */
	filter = confine_init_filter(&n);
	put_filter(filter, n);
}

void confine_helper(void)
{
	const struct sock_filter *filter;
	size_t n;

	limit(RLIMIT_CORE, 0, 0);
	keep_capabilities(0);
	no_new_privileges();
	landlock_restrict(NULL, 0, true);
	filter = confine_helper_filter(&n);
	put_filter(filter, n);
}

/* --- all of it, to see ------------------------------------------------------ */

static void probe_guest(const struct confine_config *c, struct confine_report *r)
{
	confine_guest(c, r);
	_exit(0);
}

static void probe_init(const struct confine_config *c, struct confine_report *r, bool isolated)
{
	int proc_fd = -1, status;
	pid_t pid;

	if (isolated) {
		confine_namespaces(c, r, &proc_fd);
		pid = fork();
		if (pid > 0)
			_exit(waitpid(pid, &status, 0) == pid ? 0 : 1);
	}
	probe_guest(c, r);
}

int confine_probe(const struct confine_config *c, struct confine_report *r)
{
	bool isolated;
	int status;
	pid_t pid = confine_fork(c, r, &isolated);

	if (pid < 0)
		return (int)pid;
	if (pid == 0)
		probe_init(c, r, isolated);
	return waitpid(pid, &status, 0) == pid ? 0 : -errno;
}
