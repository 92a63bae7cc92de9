// SPDX-License-Identifier: GPL-2.0
/* Command line of uml_run; see run_options.h. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "run_options.h"

#define MEM_DEFAULT (512ULL << 20)
#define MEM_MIN (48ULL << 20)

enum {
	OPT_RW = 256,
	OPT_RO,
	OPT_HIDE,
	OPT_TMPFS,
	OPT_SECRETS,
	OPT_ROOT,
	OPT_KEEP,
	OPT_MEM,
	OPT_NET,
	OPT_PUBLISH,
	OPT_TIME,
	OPT_TIMEOUT,
	OPT_DIR,
	OPT_ENV,
	OPT_CLEAN_ENV,
	OPT_USER,
	OPT_SANDBOX,
	OPT_STATS,
	OPT_DEBUG,
	OPT_VERSION,
	OPT_CHECK,
	OPT_HELP,
};

static const struct option long_options[] = {
	{"rw", required_argument, NULL, OPT_RW},
	{"ro", required_argument, NULL, OPT_RO},
	{"hide", required_argument, NULL, OPT_HIDE},
	{"tmpfs", required_argument, NULL, OPT_TMPFS},
	{"show-secrets", no_argument, NULL, OPT_SECRETS},
	{"root", required_argument, NULL, OPT_ROOT},
	{"keep", required_argument, NULL, OPT_KEEP},
	{"mem", required_argument, NULL, OPT_MEM},
	{"net", required_argument, NULL, OPT_NET},
	{"publish", required_argument, NULL, OPT_PUBLISH},
	{"time", required_argument, NULL, OPT_TIME},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"chdir", required_argument, NULL, OPT_DIR},
	{"env", required_argument, NULL, OPT_ENV},
	{"clean-env", no_argument, NULL, OPT_CLEAN_ENV},
	{"user", required_argument, NULL, OPT_USER},
	{"sandbox", required_argument, NULL, OPT_SANDBOX},
	{"stats", no_argument, NULL, OPT_STATS},
	{"debug", no_argument, NULL, OPT_DEBUG},
	{"version", no_argument, NULL, OPT_VERSION},
	{"check", no_argument, NULL, OPT_CHECK},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

void run_options_help(void)
{
	puts("usage: uml_run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	     "\n"
	     "Runs a command in a throw-away guest that sees the host's files, read only, below a\n"
	     "layer in memory that takes all changes. Same directory, user, environment, "
	     "terminal,\n"
	     "input and output, signals; the exit status is the command's.\n"
	     "\n"
	     "Files (of two that lie one in the other the deeper one counts)\n"
	     "  --rw DIR            the host's directory itself: changes stay\n"
	     "  --ro DIR            shown read only, even if it is hidden by default\n"
	     "  --hide PATH         not shown (always hidden: /proc /sys /dev /run of the host)\n"
	     "  --tmpfs DIR         empty, in memory\n"
	     "  --show-secrets      does not hide ~/.ssh, ~/.gnupg, ~/.aws and their like\n"
	     "  --root IMAGE        the files of an ext4 image instead of the host's\n"
	     "  --keep FILE         changes are kept in FILE, and there again the next time: with\n"
	     "                      --root a COW file over the image, else an ext4 disk\n"
	     "\n"
	     "Command\n"
	     "  --chdir DIR         starts there\n"
	     "  --env NAME[=VALUE]  sets or passes on one variable\n"
	     "  --clean-env         passes on only PATH, TERM, LANG, LC_ALL, TZ and what --env "
	     "names\n"
	     "  --user me|root      root in the guest has no rights on the host (me)\n"
	     "\n"
	     "Guest\n"
	     "  --mem SIZE          memory, taken as it is used (512M)\n"
	     "  --net none|nat      nothing but loopback; or the host's network, without "
	     "privileges (none)\n"
	     "  --publish [tcp:|udp:][ADDRESS:]PORT[:GUESTPORT]\n"
	     "                      a port of the host (127.0.0.1) leads to the guest; means --net "
	     "nat\n"
	     "  --time virtual      waiting takes no time: the guest's clock jumps (real)\n"
	     "  --timeout SECONDS   ends it, with status 124\n"
	     "  --sandbox LEVEL     default, strict, off (linux --help)\n"
	     "  --stats             times, memory, system calls, on standard error, at the end\n"
	     "  --debug             the guest kernel's messages\n"
	     "  --check             what this host offers and lacks\n"
	     "  --version, --help\n"
	     "\n"
	     "Exit status: the command's; 128+N when signal N ended it; 124 timeout, 125 uml_run\n"
	     "or its guest failed, 126 the command cannot be executed, 127 it is not found.");
}

static int fail(char *error, const char *fmt, const char *arg)
{
	snprintf(error, OPTIONS_ERROR_LEN, fmt, arg);
	return -EINVAL;
}

/* A path of something that is there, as the host resolves it. */
static int set_real(char **out, const char *value, char *error)
{
	char *path = realpath(value, NULL);

	if (!path) {
		snprintf(error, OPTIONS_ERROR_LEN, "'%.200s': %s", value, strerror(errno));
		return -EINVAL;
	}
	free(*out);
	*out = path;
	return 0;
}

/* Of something that need not be there. */
static int set_absolute(char **out, const char *value)
{
	char *dir = *value == '/' ? strdup("") : getcwd(NULL, 0), *path = NULL;

	if (!dir)
		return -errno;
	if (asprintf(&path, *dir ? "%s/%s" : "%s%s", dir, value) < 0)
		path = NULL;
	free(dir);
	free(*out);
	*out = path;
	return path ? 0 : -ENOMEM;
}

static int add_path(struct run_options *o, enum run_path_kind kind, const char *value, char *error)
{
	struct run_path *p = &o->path[o->npaths];
	struct stat st;
	int err;

	if (o->npaths == RUN_PATHS_MAX)
		return fail(error, "'%.100s': more directories than can be named", value);
	p->kind = kind;
	if (kind == RUN_PATH_TMPFS) {
		if (!*value)
			return fail(error, "--tmpfs: a directory without a name", value);
		err = set_absolute(&p->path, value);
	} else {
		err = set_real(&p->path, value, error);
		if (!err && kind != RUN_PATH_HIDE &&
		    (stat(p->path, &st) < 0 || !S_ISDIR(st.st_mode)))
			err = fail(error, "'%.200s' is not a directory", p->path);
		if (!err && kind == RUN_PATH_HIDE && strcmp(p->path, "/") == 0)
			err = fail(error, "--hide %s: nothing would be left", p->path);
	}
	o->npaths += p->path != NULL;
	return err;
}

static int add_env(struct run_options *o, const char *value, char *error)
{
	if (!*value || *value == '=')
		return fail(error, "--env '%.100s': NAME or NAME=VALUE", value);
	return options_add_word(&o->env, &o->nenv, strdup(value));
}

static int set_mem(struct run_options *o, const char *value, char *error)
{
	if (options_parse_size(value, &o->mem_bytes))
		return fail(error, "--mem %.60s: an amount like 512M or 2G", value);
	if (o->mem_bytes < MEM_MIN)
		return fail(error, "--mem %.60s: at least 48M are needed", value);
	o->mem_bytes = (o->mem_bytes + 4095) & ~4095ULL;
	return 0;
}

static bool is_port(const char *text, size_t len)
{
	unsigned long n = 0;
	size_t i;

	for (i = 0; i < len && isdigit((unsigned char)text[i]) && n < 65536; i++)
		n = n * 10 + (unsigned long)(text[i] - '0');
	return i == len && len && n >= 1 && n <= 65535;
}

/*
 * [tcp:|udp:][ADDRESS:]PORT[:GUESTPORT] becomes an option of the NAT. Addresses are looked at by
 * the NAT; what tells the forms apart is that they have dots.
 */
static int add_forward(struct run_options *o, const char *value, char *error)
{
	bool udp = strncmp(value, "udp:", 4) == 0, named = udp || strncmp(value, "tcp:", 4) == 0;
	const char *port = value + (named ? 4 : 0), *guest;
	size_t address = strspn(port, "0123456789."), len;
	char *more;

	address = port[address] == ':' && memchr(port, '.', address) ? address : 0;
	guest = port + address + (address > 0);
	len = strcspn(guest, ":");
	if (!is_port(guest, len) ||
	    (guest[len] && !is_port(guest + len + 1, strlen(guest + len + 1))))
		return fail(error,
			    "--publish %.60s: [tcp:|udp:][ADDRESS:]PORT[:GUESTPORT], as 8080:80",
			    value);
	if (asprintf(&more, "%s%shostfwd=%s:%.*s:%.*s::%s", o->forwards ? o->forwards : "",
		     o->forwards ? "," : "", udp ? "udp" : "tcp", (int)address, port, (int)len,
		     guest, guest[len] ? guest + len + 1 : guest) < 0)
		return -ENOMEM;
	free(o->forwards);
	o->forwards = more;
	o->nat = true;
	return 0;
}

static int set_timeout(struct run_options *o, const char *value, char *error)
{
	char *end;

	o->timeout_s = strtod(value, &end);
	if (end == value || *end || !(o->timeout_s > 0) || o->timeout_s > 1e9)
		return fail(error, "--timeout %.60s: seconds, as 10 or 0.5", value);
	return 0;
}

static int set_sandbox(struct run_options *o, const char *value, char *error)
{
	if (options_parse_sandbox(value, &o->sandbox))
		return fail(error, "--sandbox %.60s: strict, default or off", value);
	return 0;
}

static int one_option(struct run_options *o, int opt, char *error)
{
	switch (opt) {
	case OPT_RW:
		return add_path(o, RUN_PATH_RW, optarg, error);
	case OPT_RO:
		return add_path(o, RUN_PATH_RO, optarg, error);
	case OPT_HIDE:
		return add_path(o, RUN_PATH_HIDE, optarg, error);
	case OPT_TMPFS:
		return add_path(o, RUN_PATH_TMPFS, optarg, error);
	case OPT_SECRETS:
		o->show_secrets = true;
		return 0;
	case OPT_ROOT:
		return set_real(&o->root, optarg, error);
	case OPT_KEEP:
		return options_set_string(&o->keep, optarg);
	case OPT_MEM:
		return set_mem(o, optarg, error);
	case OPT_NET:
		o->nat = strcmp(optarg, "nat") == 0;
		return o->nat || strcmp(optarg, "none") == 0
			       ? 0
			       : fail(error, "--net %.60s: none or nat", optarg);
	case OPT_PUBLISH:
		return add_forward(o, optarg, error);
	case OPT_TIME:
		o->virtual_time = strcmp(optarg, "virtual") == 0;
		return o->virtual_time || strcmp(optarg, "real") == 0
			       ? 0
			       : fail(error, "--time %.60s: real or virtual", optarg);
	case OPT_TIMEOUT:
		return set_timeout(o, optarg, error);
	case OPT_DIR:
		return options_set_string(&o->dir, optarg);
	case OPT_ENV:
		return add_env(o, optarg, error);
	case OPT_CLEAN_ENV:
		o->clean_env = true;
		return 0;
	case OPT_USER:
		o->root_user = strcmp(optarg, "root") == 0;
		return o->root_user || strcmp(optarg, "me") == 0
			       ? 0
			       : fail(error, "--user %.60s: me or root", optarg);
	case OPT_SANDBOX:
		return set_sandbox(o, optarg, error);
	case OPT_STATS:
		o->stats = true;
		return 0;
	case OPT_DEBUG:
		o->debug = true;
		return 0;
	case OPT_VERSION:
		o->action = ACTION_VERSION;
		return 0;
	case OPT_CHECK:
		o->action = ACTION_CHECK;
		return 0;
	default:
		o->action = ACTION_HELP;
		return 0;
	}
}

int run_options_parse(struct run_options *out, int argc, char *const argv[],
		      char error[static OPTIONS_ERROR_LEN])
{
	int opt, err = 0;

	memset(out, 0, sizeof(*out));
	out->mem_bytes = MEM_DEFAULT;
	snprintf(error, OPTIONS_ERROR_LEN, "not enough memory for the command line");
	opterr = 0;
	optind = 1;
	while (!err && (opt = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (opt == '?')
			err = fail(error, "'%.60s' is not known; see uml_run --help",
				   argv[optind - 1]);
		else if (opt == ':')
			err = fail(error, "'%.60s' needs a value; see uml_run --help",
				   argv[optind - 1]);
		else
			err = one_option(out, opt, error);
	}
	out->command = &argv[optind];
	if (!err && !argv[optind] && out->action == ACTION_RUN)
		err = fail(error, "a command is needed: uml_run %s", "[OPTION...] -- COMMAND");
	return err;
}

void run_options_free(struct run_options *o)
{
	while (o->npaths > 0)
		free(o->path[--o->npaths].path);
	while (o->nenv > 0)
		free(o->env[--o->nenv]);
	free(o->env);
	free(o->root);
	free(o->keep);
	free(o->forwards);
	free(o->dir);
	memset(o, 0, sizeof(*o));
}
