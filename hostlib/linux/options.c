// SPDX-License-Identifier: GPL-2.0
/*
 * Command line of the loader; see options.h. A table of prefixes, each with one
 * function that puts a value into the struct.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "disk.h"
#include "options.h"

#define MEM_DEFAULT (128ULL << 20)
#define MEM_MIN (24ULL << 20)
#define MEM_MAX (256ULL << 30) /* the guest kernel's address space holds no more */

static int fail(char *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(char *error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, OPTIONS_ERROR_LEN, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int options_set_string(char **out, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

int options_add_word(char ***words, size_t *n, char *word)
{
	char **more;

	if (!word)
		return -ENOMEM;
	more = realloc(*words, (*n + 1) * sizeof(char *));
	if (!more) {
		free(word);
		return -ENOMEM;
	}
	more[(*n)++] = word;
	*words = more;
	return 0;
}

int options_parse_size(const char *text, uint64_t *bytes)
{
	uint64_t v = 0, unit = 1;
	const char *p = text;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(v, 10ULL, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return -ERANGE;
	switch (*p ? tolower((unsigned char)*p++) : 0) {
	case 0:
		break;
	case 'k':
		unit = 1ULL << 10;
		break;
	case 'm':
		unit = 1ULL << 20;
		break;
	case 'g':
		unit = 1ULL << 30;
		break;
	default:
		return -EINVAL;
	}
	if (*p)
		return -EINVAL;
	return __builtin_mul_overflow(v, unit, bytes) ? -ERANGE : 0;
}

/* "0".."15" or "a".."p"; *p moves behind it. -1 if it is neither. */
static int ubd_index(const char **p)
{
	const char *s = *p;
	int n = 0;

	if (*s >= 'a' && *s <= 'p' && !isdigit((unsigned char)s[1])) {
		*p = s + 1;
		return *s - 'a';
	}
	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s) && n <= NL_UBD_MAX; s++)
		n = n * 10 + (*s - '0');
	*p = s;
	return n < NL_UBD_MAX ? n : -1;
}

static int ubd_flags(const char **p, unsigned int *flags)
{
	static const struct {
		char letter;
		unsigned int flag;
	} known[] = {
		{'r', DISK_READONLY}, {'s', DISK_SYNC},    {'c', DISK_SHARED},
		{'d', DISK_DATA},     {'t', DISK_NO_TRIM},
	};
	size_t i;

	for (; **p && **p != '='; (*p)++) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (known[i].letter == **p)
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return -EINVAL;
		*flags |= known[i].flag;
	}
	return 0;
}

/* Splits "file[,file2][,serial]" at ',' or ':', whichever comes first. */
static int ubd_files(const char *value, struct options_ubd *out, char *error)
{
	char *copy = strdup(value), *part[3] = {NULL, NULL, NULL}, *p = copy;
	char sep;
	int n, err = 0;

	if (!copy)
		return -ENOMEM;
	sep = strcspn(value, ",") <= strcspn(value, ":") ? ',' : ':';
	for (n = 0; n < 3 && p; n++) {
		part[n] = p;
		p = strchr(p, sep);
		if (p)
			*p++ = '\0';
	}
	if (p)
		err = fail(error, "'%s' has too many fields: file[,backing file][,serial]", value);
	else if (part[2] && strlen(part[2]) > NL_SERIAL_LEN)
		err = fail(error, "the serial number '%s' is longer than %d characters", part[2],
			   NL_SERIAL_LEN);
	else if (!*part[0] && (*(part[1] ? part[1] : "") || !(part[2] && *part[2])))
		err = fail(error, "'%s' names no file", value);
	out->flag_cow = !err && part[1] && !*part[1] && !part[2] && *part[0];
	if (!err && *part[0])
		err = options_set_string(&out->file, part[0]);
	if (!err && part[1] && *part[1])
		err = options_set_string(&out->backing, part[1]);
	if (!err && part[2] && *part[2])
		err = options_set_string(&out->serial, part[2]);
	free(copy);
	return err;
}

void options_ubd_free(struct options_ubd *u)
{
	free(u->file);
	free(u->backing);
	free(u->serial);
	memset(u, 0, sizeof(*u));
}

int options_parse_ubd(const char *text, unsigned int *index, struct options_ubd *out,
		      char error[static OPTIONS_ERROR_LEN])
{
	const char *p = text;
	int n = ubd_index(&p), err;

	memset(out, 0, sizeof(*out));
	if (n < 0)
		return fail(error, "'ubd%.40s': disks are ubd0 to ubd15, or ubda to ubdp", text);
	if (ubd_flags(&p, &out->flags))
		return fail(error, "'ubd%.40s': the flag '%c' is not known (r s c d t are)", text,
			    *p);
	if (*p != '=')
		return fail(error, "'ubd%.40s': a file must follow: ubd%d=file", text, n);
	err = ubd_files(p + 1, out, error);
	if (err) {
		options_ubd_free(out);
		return err;
	}
	*index = (unsigned int)n;
	return 0;
}

int options_parse_line_name(const char *text, enum nl_kind *kind, unsigned int *index, bool *all,
			    const char **end, char error[static OPTIONS_ERROR_LEN])
{
	unsigned int n = 0, max;
	const char *p = text + 3;

	if (strncmp(text, "con", 3) == 0)
		*kind = NL_KIND_CON;
	else if (strncmp(text, "ssl", 3) == 0)
		*kind = NL_KIND_SSL;
	else
		return fail(error, "'%.40s' is no console or serial line", text);
	max = *kind == NL_KIND_CON ? NL_CON_MAX : NL_SSL_MAX;
	*all = !isdigit((unsigned char)*p);
	for (; isdigit((unsigned char)*p) && n < 1000; p++)
		n = n * 10 + (unsigned int)(*p - '0');
	if (n >= max || (*p && *p != '='))
		return fail(error, "'%.40s': %.3s0 to %.3s%u are there", text, text, text, max - 1);
	*index = n;
	*end = p;
	return 0;
}

char *options_root_name(const char *text)
{
	static const char dev[] = "/dev/ubd";
	const char *p = text + sizeof(dev) - 1;
	char *out = NULL;
	int n;

	if (strncmp(text, dev, sizeof(dev) - 1) != 0 || !isdigit((unsigned char)*p))
		return strdup(text);
	n = ubd_index(&p);
	if (n < 0)
		return strdup(text);
	/* ubd0p1, the style of names that end in a digit, is ubda1 */
	if (*p == 'p' && isdigit((unsigned char)p[1]))
		p++;
	return asprintf(&out, "%s%c%s", dev, 'a' + n, p) < 0 ? NULL : out;
}

/* One switch: called with the whole word and with what follows the prefix. */
typedef int (*switch_fn)(struct options *o, const char *word, const char *value, char *error);

static int kernel_word(struct options *o, const char *word)
{
	return options_add_word(&o->kernel, &o->nkernel, strdup(word));
}

static int on_mem(struct options *o, const char *word, const char *value, char *error)
{
	int err = options_parse_size(value, &o->mem_bytes);

	if (err)
		return fail(error, "'%.60s' is not an amount of memory: mem=128M, mem=2G", word);
	if (o->mem_bytes < MEM_MIN || o->mem_bytes > MEM_MAX)
		return fail(error, "'%.60s': a guest has between %lluM and %lluG of memory", word,
			    MEM_MIN >> 20, MEM_MAX >> 30);
	o->mem_bytes = (o->mem_bytes + 4095) & ~4095ULL;
	return 0;
}

static int on_ubd(struct options *o, const char *word, const char *value, char *error)
{
	struct options_ubd u, *old;
	unsigned int n;
	int err;

	if (*value == '=')
		return fail(error, "'%.60s': say which disk: ubd0=file", word);
	err = options_parse_ubd(value, &n, &u, error);
	if (err)
		return err;
	old = &o->ubd[n];
	if (!u.file && old->file) { /* ubd0=,,serial only adds a serial */
		free(old->serial);
		old->serial = u.serial;
		return 0;
	}
	options_ubd_free(old);
	*old = u;
	return 0;
}

static int on_line(struct options *o, const char *word, const char *value, char *error)
{
	struct options_lines *lines;
	enum nl_kind kind;
	unsigned int index;
	const char *end;
	bool all;
	int err = options_parse_line_name(word, &kind, &index, &all, &end, error);

	if (err)
		return err;
	lines = kind == NL_KIND_CON ? &o->con : &o->ssl;
	if (*end != '=' || !end[1])
		return fail(error, "'%.60s': a channel must follow, such as %.3s1=xterm", word,
			    word);
	if (strlen(end + 1) >= OPTIONS_SPEC_LEN)
		return fail(error, "'%.60s...': the channel's name is too long", word);
	return options_set_string(all ? &lines->all : &lines->one[index], end + 1);
}

static int on_umid(struct options *o, const char *word, const char *value, char *error)
{
	if (!*value || strlen(value) > OPTIONS_UMID_LEN || strchr(value, '/') || *value == '.')
		return fail(error,
			    "'%.80s': a umid is a name of 1 to %d characters without '/' and "
			    "not starting with '.'",
			    word, OPTIONS_UMID_LEN);
	return options_set_string(&o->umid, value);
}

static int on_uml_dir(struct options *o, const char *word, const char *value, char *error)
{
	if (!*value)
		return fail(error, "'uml_dir=': name a directory");
	return options_set_string(&o->uml_dir, value);
}

static int on_initrd(struct options *o, const char *word, const char *value, char *error)
{
	if (!*value)
		return fail(error, "'initrd=': name a file");
	return options_set_string(&o->initrd, value);
}

static int hostfs_flags(struct options *o, char *flags)
{
	char *flag;

	o->hostfs_append = o->hostfs_readonly = false;
	while ((flag = strsep(&flags, ",")) != NULL) {
		if (strcmp(flag, "append") == 0)
			o->hostfs_append = true;
		else if (strcmp(flag, "ro") == 0)
			o->hostfs_readonly = true;
		else
			return -EINVAL;
	}
	return 0;
}

static int on_hostfs(struct options *o, const char *word, const char *value, char *error)
{
	char *dir = strdup(value), *flags;
	int err = 0;

	if (!dir)
		return -ENOMEM;
	flags = strchr(dir, ',');
	if (flags)
		*flags++ = '\0';
	if (!*dir)
		err = fail(error, "'%.60s': name a directory: hostfs=/home/me/share", word);
	else if (hostfs_flags(o, flags))
		err = fail(error, "'%.60s': the flags are ro and append: hostfs=dir,ro", word);
	else
		err = options_set_string(&o->hostfs, dir);
	free(dir);
	return err;
}

static int on_notify(struct options *o, const char *word, const char *value, char *error)
{
	if (strncmp(value, "notify:", 7) != 0 || !value[7])
		return fail(error, "'%.60s': mconsole=notify:socket is what is understood", word);
	return options_set_string(&o->mconsole_notify, value + 7);
}

static int on_xterm(struct options *o, const char *word, const char *value, char *error)
{
	char *copy = strdup(value), *title, *exec = NULL;
	int err;

	if (!copy)
		return -ENOMEM;
	title = strchr(copy, ',');
	if (title) {
		*title++ = '\0';
		exec = strchr(title, ',');
		if (exec)
			*exec++ = '\0';
	}
	if (!*copy || !title || !exec || !*exec) {
		free(copy);
		return fail(error,
			    "'%.60s': xterm=program,title switch,exec switch, as in "
			    "xterm=xterm,-T,-e",
			    word);
	}
	err = options_set_string(&o->xterm_emulator, copy);
	if (!err)
		err = options_set_string(&o->xterm_title, title);
	if (!err)
		err = options_set_string(&o->xterm_exec, exec);
	free(copy);
	return err;
}

static int on_escape(struct options *o, const char *word, const char *value, char *error)
{
	return options_set_string(&o->escape, value);
}

static int on_root(struct options *o, const char *word, const char *value, char *error)
{
	char *name = options_root_name(value), *text = NULL;

	o->have_root = true;
	if (!name || asprintf(&text, "root=%s", name) < 0)
		text = NULL;
	free(name);
	return options_add_word(&o->kernel, &o->nkernel, text);
}

/* A node of a rig with a disk: the built-in system starts the agent and enters it (root.c there). */
static int on_rig(struct options *o, const char *word, const char *value, char *error)
{
	char *name, *text = NULL;
	int err;

	if (strncmp(value, "/dev/", 5) != 0)
		return fail(error, "'%.60s': name the guest's disk, as nestling.rig=/dev/ubd0",
			    word);
	name = options_root_name(value);
	o->rig_disk = o->have_root = true;
	if (!name || asprintf(&text, "nestling.rig=%s", name) < 0)
		text = NULL;
	free(name);
	err = options_add_word(&o->kernel, &o->nkernel, text);
	return err ? err : kernel_word(o, "root=" OPTIONS_RIG_ROOT);
}

/* An image that lies in a packed rig. */
static int on_backing(struct options *o, const char *word, const char *value, char *error)
{
	unsigned long long offset, len;
	int end = 0;

	if (sscanf(value, "%llu+%llu%n", &offset, &len, &end) != 2 || value[end] || !len)
		return fail(error,
			    "'%.60s': nestling.backing= takes the first byte and their number, "
			    "as 4096+1048576",
			    word);
	o->backing_offset = offset;
	o->backing_len = len;
	return 0;
}

static int on_console(struct options *o, const char *word, const char *value, char *error)
{
	o->have_console = true;
	return kernel_word(o, word);
}

static int on_debug(struct options *o, const char *word, const char *value, char *error)
{
	o->debug = true;
	return kernel_word(o, word);
}

static int on_quiet(struct options *o, const char *word, const char *value, char *error)
{
	o->quiet = true;
	return kernel_word(o, word);
}

static int on_noreboot(struct options *o, const char *word, const char *value, char *error)
{
	o->noreboot = true;
	return kernel_word(o, word);
}

static int on_seccomp(struct options *o, const char *word, const char *value, char *error)
{
	if (strcmp(value, "off") == 0)
		return fail(error,
			    "'seccomp=off': the stock ptrace engine is not built in; leave it "
			    "out or say seccomp=on");
	if (strcmp(value, "auto") != 0 && strcmp(value, "on") != 0)
		return fail(error, "'%.60s': on, auto or off", word);
	return 0;
}

static int on_ncpus(struct options *o, const char *word, const char *value, char *error)
{
	if (strcmp(value, "1") != 0)
		return fail(error, "'%.60s': a guest has one CPU; leave ncpus= out", word);
	return 0;
}

int options_parse_sandbox(const char *text, enum options_sandbox *level)
{
	static const char *const levels[] = {
		[SANDBOX_DEFAULT] = "default",
		[SANDBOX_STRICT] = "strict",
		[SANDBOX_OFF] = "off",
	};
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(text, levels[i]) == 0) {
			*level = (enum options_sandbox)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int on_time(struct options *o, const char *word, const char *value, char *error)
{
	o->virtual_time = strcmp(value, "virtual") == 0;
	if (!o->virtual_time && strcmp(value, "real") != 0)
		return fail(error, "'%.60s': time=virtual or time=real", word);
	return 0;
}

/* Descriptors that are open: whoever starts us that way knows their numbers. */
static int on_lane(struct options *o, const char *word, const char *value, char *error)
{
	int end = 0;

	if (sscanf(value, "%d,%d%n", &o->lane_fd, &o->lane_event_fd, &end) != 2 || value[end] ||
	    o->lane_fd < 3 || o->lane_event_fd < 3)
		return fail(error, "'%.60s': lane= is for uml_rig, and takes two descriptors",
			    word);
	return 0;
}

static int on_sandbox(struct options *o, const char *word, const char *value, char *error)
{
	if (options_parse_sandbox(value, &o->sandbox))
		return fail(error, "'%.60s': --sandbox=strict, default or off", word);
	return 0;
}

static int on_action(struct options *o, const char *word, const char *value, char *error)
{
	static const struct {
		const char *word;
		enum options_action action;
	} known[] = {
		{"--help", ACTION_HELP},       {"-h", ACTION_HELP},
		{"--version", ACTION_VERSION}, {"--showconfig", ACTION_SHOWCONFIG},
		{"--check", ACTION_CHECK},
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(word, known[i].word) == 0) {
			o->action = known[i].action;
			return 0;
		}
	}
	return fail(error, "'%.60s' is not known; see linux --help", word);
}

/* A prefix that ends in '=' or a digit takes a value; the others are whole words. */
static const struct {
	const char *name;
	bool prefix;
	switch_fn fn;
} switches[] = {
	{"mem=", true, on_mem},
	{"ubd", true, on_ubd},
	{"con=", true, on_line},
	{"ssl=", true, on_line},
	{"umid=", true, on_umid},
	{"uml_dir=", true, on_uml_dir},
	{"initrd=", true, on_initrd},
	{"mconsole=", true, on_notify},
	{"hostfs=", true, on_hostfs},
	{"xterm=", true, on_xterm},
	{"escape=", true, on_escape},
	{"root=", true, on_root},
	{"console=", true, on_console},
	{"seccomp=", true, on_seccomp},
	{"ncpus=", true, on_ncpus},
	{"debug", false, on_debug},
	{"quiet", false, on_quiet},
	{"noreboot", false, on_noreboot},
	{"--sandbox=", true, on_sandbox},
	{"time=", true, on_time},
	{"lane=", true, on_lane},
	{"nestling.rig=", true, on_rig},
	{"nestling.backing=", true, on_backing},
	{"-", true, on_action},
};

static bool is_numbered_line(const char *word)
{
	return (strncmp(word, "con", 3) == 0 || strncmp(word, "ssl", 3) == 0) &&
	       isdigit((unsigned char)word[3]);
}

/* eth0=..., vec0:..., virtio_uml.device=...: 1 yes, 0 another word, or -errno. */
static int on_net(struct options *o, const char *word, char *error)
{
	struct options_net n;
	int index, got = options_parse_net(word, &index, &n, error, OPTIONS_ERROR_LEN);

	if (got <= 0)
		return got;
	/* virtio_uml.device= names no number: the first that is free. */
	if (index < 0)
		for (index = 0; index < NL_NET_MAX && o->net[index].text; index++)
			;
	if (index == NL_NET_MAX) {
		options_net_free(&n);
		return fail(error, "'%.60s': there are %d cards already", word, NL_NET_MAX);
	}
	options_net_free(&o->net[index]);
	o->net[index] = n;
	return 1;
}

static int check_word(const char *word, char *error)
{
	const char *p;

	for (p = word; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return fail(error, "the word '%.40s' holds a control character", word);
	return 0;
}

static int parse_word(struct options *o, const char *word, char *error)
{
	size_t i, len;
	int err = check_word(word, error);

	if (err)
		return err;
	if (is_numbered_line(word))
		return on_line(o, word, word + 3, error);
	err = on_net(o, word, error);
	if (err)
		return err < 0 ? err : 0;
	for (i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		len = strlen(switches[i].name);
		if (strncmp(word, switches[i].name, len) == 0 &&
		    (switches[i].prefix || word[len] == '\0'))
			return switches[i].fn(o, word, word + len, error);
	}
	return kernel_word(o, word);
}

/* Bytes of the line that the guest kernel will be given; it cuts at 4096. */
static int check_length(const struct options *o, char *error)
{
	size_t i, total = 0;

	for (i = 0; i < o->nkernel; i++)
		total += strlen(o->kernel[i]) + 1;
	for (i = 0; i < o->ninit; i++)
		total += strlen(o->init[i]) + 1;
	if (total > OPTIONS_KERNEL_LINE - 512)
		return fail(error,
			    "%zu bytes of kernel parameters are more than the guest kernel takes "
			    "(%d); shorten them, or put them into a file in the guest",
			    total, OPTIONS_KERNEL_LINE - 512);
	return 0;
}

void options_defaults(struct options *out)
{
	memset(out, 0, sizeof(*out));
	out->mem_bytes = MEM_DEFAULT;
	out->lane_fd = out->lane_event_fd = -1;
}

int options_parse(struct options *out, int argc, char *const argv[],
		  char error[static OPTIONS_ERROR_LEN])
{
	int i, err = 0;

	options_defaults(out);
	snprintf(error, OPTIONS_ERROR_LEN, "not enough memory for the command line");
	for (i = 1; i < argc && !err && strcmp(argv[i], "--") != 0; i++)
		err = parse_word(out, argv[i], error);
	for (i++; i < argc && !err; i++)
		err = options_add_word(&out->init, &out->ninit, strdup(argv[i]));
	if (!err)
		err = check_length(out, error);
	return err;
}

static void lines_free(struct options_lines *l)
{
	size_t i;

	free(l->all);
	for (i = 0; i < NL_SSL_MAX; i++)
		free(l->one[i]);
}

static void words_free(char **words, size_t n)
{
	while (n > 0)
		free(words[--n]);
	free(words);
}

void options_free(struct options *o)
{
	size_t i;

	for (i = 0; i < NL_UBD_MAX; i++)
		options_ubd_free(&o->ubd[i]);
	for (i = 0; i < NL_NET_MAX; i++)
		options_net_free(&o->net[i]);
	lines_free(&o->con);
	lines_free(&o->ssl);
	words_free(o->kernel, o->nkernel);
	words_free(o->init, o->ninit);
	free(o->xterm_emulator);
	free(o->xterm_title);
	free(o->xterm_exec);
	free(o->umid);
	free(o->uml_dir);
	free(o->initrd);
	free(o->hostfs);
	free(o->mconsole_notify);
	free(o->escape);
	memset(o, 0, sizeof(*o));
}
