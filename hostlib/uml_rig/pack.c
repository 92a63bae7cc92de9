// SPDX-License-Identifier: GPL-2.0
/*
 * uml_rig pack: a rig, all that it names and what runs it in one file; and as a mail.
 *
 * The pack is made in memory and read back like a stranger's, before a byte is written to the user's
 * file: what is packed does run, and where it cannot be packed nothing is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bundle_write.h"
#include "log.h"
#include "mime.h"
#include "pack.h"
#include "packed.h"

#define PACKED_NAME 64 /* bytes of the name of a file in a mail */

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

void pack_mind_signals(void)
{
	const struct sigaction act = {.sa_handler = stop};

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

/* What is written to the user's file. */
struct output {
	const struct bundle *b;
	const struct mime_mail *mail; /* NULL: the pack itself */
};

/* In pieces, so that a signal is seen. */
static int write_bytes(const uint8_t *data, uint64_t len, FILE *out)
{
	size_t n;

	for (; len && !stopped; data += n, len -= n) {
		n = len < (1U << 20) ? (size_t)len : 1U << 20;
		if (fwrite(data, 1, n, out) != n)
			return stopped ? -EINTR : -errno;
	}
	return stopped ? -EINTR : 0;
}

/* Whoever may read it may run it. Not for what is no file. */
static int make_executable(FILE *out)
{
	struct stat st;

	if (fstat(fileno(out), &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	return fchmod(fileno(out), (st.st_mode & 0777) | (st.st_mode & 0444) >> 2) < 0 ? -errno : 0;
}

static int write_output(void *arg, FILE *out)
{
	const struct output *o = arg;
	int err;

	if (o->mail) {
		err = mime_write(o->mail, out);
		return stopped ? -EINTR : err;
	}
	err = make_executable(out);
	return err ? err : write_bytes(o->b->map, o->b->len, out);
}

/* The pack, or a mail with it. An exit status. */
static int write_file(const struct context *c, const struct output *o)
{
	if (strcmp(c->output, "-") == 0 && isatty(STDOUT_FILENO)) {
		log_err("a terminal is no place for it; name a file with -o");
		return EXIT_USAGE;
	}
	return output(c->output, write_output, (void *)o);
}

int pack_write(const struct context *c, const struct bundle *b)
{
	const struct output o = {.b = b};

	return write_file(c, &o);
}

/* --- what is packed -------------------------------------------------------------------- */

static int write_items(const struct context *c, const struct pack_list *l, int fd)
{
	struct bundle_writer w = {.fd = fd, .stop = &stopped, .fast = c->fast};
	uint32_t i;
	int err = 0;

	for (i = 0; i < l->count && !err; i++) {
		const struct pack_item *item = &l->item[i];
		struct bundle_member m = {
			.name = item->name, .kind = item->kind, .mode = item->mode};

		err = bundle_add(&w, &m, item->data, item->size);
	}
	if (!err)
		err = bundle_finish(&w);
	if (err && err != -EINTR)
		log_err("packing %s failed: %s", i ? l->item[i - 1].name : "it", strerror(-err));
	bundle_writer_free(&w);
	return err;
}

/* Whether what was packed is the rig that it shall be. */
static int check(const struct pack_place *p, int fd)
{
	char word[64];
	struct packed *packed;
	struct rig *rig = NULL;
	int err;

	snprintf(word, sizeof(word), PACKED_WORD "%d:", fd);
	packed = packed_open(word);
	if (!packed)
		return -EIO;
	err = rig_load_from(&rig, packed_files(packed), packed_rig(packed), NULL, 0);
	if (!err)
		err = pack_check(p, rig, packed_bundle(packed));
	else if (rig)
		rig_errors_print(rig, stderr);
	if (err && !rig)
		log_err("the rig cannot be read from its pack: %s", strerror(-err));
	rig_free(rig);
	packed_close(packed);
	return err;
}

/* Files of a run that came out as it should, as far as they are the same each time. */
static int add_results(const struct context *c, struct pack_list *l)
{
	static const char *const file[] = {"verdicts.tap", "samples.csv", "outputs.txt",
					   "timeline.txt"};
	char path[PATH_MAX], name[64];
	int err = 0;

	for (size_t i = 0; c->results && i < sizeof(file) / sizeof(*file) && !err; i++) {
		snprintf(path, sizeof(path), "%s/%s", c->results, file[i]);
		snprintf(name, sizeof(name), "results/%s", file[i]);
		err = pack_add_file(l, BUNDLE_RESULT, name, path);
		if (!err)
			l->item[l->count - 1].mode = 0644;
	}
	return err;
}

/* Nobody wants a pack in the place of what is packed. */
static int check_output(const struct context *c, const struct pack_list *l)
{
	struct stat st;

	if (stat(c->output, &st) < 0)
		return 0;
	for (uint32_t i = 0; i < l->count; i++) {
		if (!l->item[i].inode || l->item[i].inode != st.st_ino ||
		    l->item[i].device != st.st_dev)
			continue;
		log_err("%s would be replaced, and it is packed itself; name another file with -o",
			c->output);
		return -EEXIST;
	}
	return 0;
}

/* Makes the pack of a rig in a memory file. 0 or an exit status, said. */
static int make(const struct context *c, const struct rig *rig, int fd)
{
	struct pack_place place = {.c = c, .rig = rig};
	struct pack_list list = {.count = 0};
	int err = pack_rig(&place, &list);

	if (!err)
		err = add_results(c, &list);
	if (!err)
		err = pack_programs(c, &list);
	if (!err)
		err = check_output(c, &list);
	if (!err) {
		pack_sort(&list);
		err = write_items(c, &list, fd);
	}
	if (!err)
		err = check(&place, fd);
	pack_free(&list);
	pack_place_free(&place);
	return err == -EINTR ? EXIT_INTERRUPTED : err ? EXIT_ERRORS : EXIT_FINE;
}

static int memory_file(void)
{
	int fd = memfd_create("pack", MFD_CLOEXEC);

	if (fd < 0)
		log_err("there is no memory for the pack: %s", strerror(errno));
	return fd;
}

static int pack_of_rig(struct context *c, const char *path, int *fd)
{
	struct rig *rig = NULL;
	int status;

	if (strcmp(path, "-") == 0) {
		log_err("pack needs to know where the rig's files are; name its file");
		return EXIT_USAGE;
	}
	status = load(c, path, &rig);
	if (status == EXIT_FINE) {
		*fd = memory_file();
		status = *fd < 0 ? EXIT_TROUBLE : make(c, rig, *fd);
	}
	rig_free(rig);
	return status;
}

/* --- what has been packed ---------------------------------------------------------------- */

/* Whether the file says that it is a packed rig. */
static bool is_packed(int fd)
{
	struct bundle_footer f;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > (off_t)sizeof(f) &&
	       pread(fd, &f, sizeof(f), st.st_size - (off_t)sizeof(f)) == (ssize_t)sizeof(f) &&
	       memcmp(f.magic, BUNDLE_MAGIC, sizeof(f.magic)) == 0;
}

/* The pack that is there, or a new one of the rig that is: its file. 0 or an exit status, said. */
static int find_pack(struct context *c, const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd >= 0 && is_packed(*fd)) {
		if (c->eml)
			return EXIT_FINE;
		log_err("%s is packed already; --eml makes a mail of it", path);
		return EXIT_USAGE;
	}
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return pack_of_rig(c, path, fd);
}

int pack_open(struct bundle *b, int fd, const char *path)
{
	char why[BUNDLE_WHY];
	int err = bundle_open(b, fd, why);

	if (!err) {
		err = bundle_verify(b, why);
		if (!err)
			return EXIT_FINE;
		bundle_close(b);
	}
	log_err("%s: %s", path, why);
	return EXIT_UNREADABLE;
}

/* --- mail ------------------------------------------------------------------------------- */

/* The name of the rig's file, without its end, as far as it is letters and the like. */
static void short_name(const struct bundle *b, char out[static PACKED_NAME])
{
	const char *name = bundle_first(b, BUNDLE_RIG)->name, *slash = strrchr(name, '/');
	size_t len;

	name = slash ? slash + 1 : name;
	len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
	if (len > 4 && strncmp(name + len - 4, ".rig", 4) == 0)
		len -= 4;
	snprintf(out, PACKED_NAME, "%.*s", (int)len, len ? name : "rig");
}

static int check_mail(const struct context *c)
{
	const struct {
		const char *option, *text;
	} field[] = {{"--from", c->from}, {"--to", c->to}, {"--subject", c->subject}};

	for (size_t i = 0; i < sizeof(field) / sizeof(*field); i++) {
		if (!field[i].text)
			continue;
		if (!c->eml) {
			log_err("%s belongs to a mail; say --eml, too", field[i].option);
			return EXIT_USAGE;
		}
		if (!mime_text_ok(field[i].text)) {
			log_err("%s takes one line of ASCII, up to 900 bytes", field[i].option);
			return EXIT_USAGE;
		}
	}
	return EXIT_FINE;
}

static int write_mail(const struct context *c, const struct bundle *b)
{
	char name[PACKED_NAME], subject[2 * PACKED_NAME], text[1024],
		boundary[2 * BUNDLE_DIGEST + 1];
	struct mime_mail m = {
		.from = c->from,
		.to = c->to,
		.subject = c->subject ? c->subject : subject,
		.name = name,
		.text = text,
		.data = b->map,
		.len = b->len,
		.boundary = boundary,
	};
	struct output o = {.b = b, .mail = &m};
	uint8_t digest[BUNDLE_DIGEST];

	short_name(b, name);
	snprintf(subject, sizeof(subject), "%s: a network of guests in one file", name);
	bundle_digest(b->map, b->len, digest);
	for (unsigned int i = 0; i < BUNDLE_DIGEST; i++)
		sprintf(boundary + 2 * i, "%02x", digest[i]);
	snprintf(text, sizeof(text),
		 "%s is a program for Linux on x86-64: a network of guests and all that runs it.\n"
		 "Save it, make it executable (chmod +x %s), and begin with ./%s --help.\n"
		 "From the whole message: uml_rig unpack MESSAGE -o %s\n\nsha256 %s\n",
		 name, name, name, name, boundary);
	boundary[MIME_BOUNDARY_MAX / 2] = 0;
	return write_file(c, &o);
}

/* --- the commands ------------------------------------------------------------------------- */

static int pack(struct context *c, const char *path)
{
	struct bundle b;
	int fd = -1, status = find_pack(c, path, &fd);

	if (status == EXIT_FINE)
		status = pack_open(&b, fd, path);
	if (status == EXIT_FINE) {
		status = c->eml ? write_mail(c, &b) : pack_write(c, &b);
		if (status == EXIT_FINE && !c->quiet && strcmp(c->output, "-") != 0)
			printf("%s: %.1f MB, %u files%s\n", c->output, (double)b.len / 1e6, b.count,
			       c->eml ? ", in a mail" : "");
		bundle_close(&b);
	}
	if (fd >= 0)
		close(fd);
	return status;
}

int cmd_pack(struct context *c)
{
	int status = check_mail(c);

	if (status != EXIT_FINE)
		return status;
	if (!c->output) {
		log_err("pack writes a program; name its file with -o");
		return EXIT_USAGE;
	}
	pack_mind_signals();
	if (!c->packed)
		return pack(c, c->argv[0]);
	/* It can be mailed on. */
	if (c->eml)
		return write_mail(c, packed_bundle(c->packed));
	log_err("this rig is packed already; --eml makes a mail of it");
	return EXIT_USAGE;
}
