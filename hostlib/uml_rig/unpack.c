// SPDX-License-Identifier: GPL-2.0
/*
 * uml_rig unpack: a packed rig out of a mail. Parts are tried in turn; one that begins like a program is
 * it. All of it is checked before a byte is written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bundle.h"
#include "log.h"
#include "mime.h"
#include "uml_rig.h"

#define MESSAGE_MAX (2ULL << 30) /* bytes */

struct message {
	char *text;
	size_t len, room;
};

static int grow(struct message *m)
{
	size_t room = m->room ? 2 * m->room : 1U << 20;
	char *p = room > 2 * MESSAGE_MAX ? NULL : realloc(m->text, room);

	if (!p)
		return room > 2 * MESSAGE_MAX ? -EFBIG : -ENOMEM;
	m->text = p;
	m->room = room;
	return 0;
}

static int read_all(struct message *m, int fd)
{
	ssize_t n = 1;
	int err = 0;

	while (n && !err) {
		if (m->len == m->room)
			err = grow(m);
		if (err)
			break;
		n = read(fd, m->text + m->len, m->room - m->len);
		if (n < 0)
			err = -errno;
		else
			m->len += (size_t)n;
	}
	return err;
}

/* An exit status, said. */
static int read_message(const char *path, struct message *m)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_all(m, fd);

	if (fd >= 0 && !standard)
		close(fd);
	if (!err)
		return EXIT_FINE;
	if (err == -EINTR)
		return EXIT_INTERRUPTED;
	log_err("%s cannot be read: %s", standard ? "standard input" : path, strerror(-err));
	return EXIT_UNREADABLE;
}

/* What a part holds. */
struct content {
	uint8_t *data;
	size_t len;
	bool open; /* the message ends in it */
};

/* Whether the part begins like a program: then it is taken out. 1, 0 or -errno. */
static int take_part(const struct mime_part *part, struct content *out)
{
	static const char start[] = "f0VMR"; /* base64 of ELF's first bytes */
	int err;

	if (!part->base64 || part->len < sizeof(start) ||
	    memcmp(part->body, start, sizeof(start) - 1) != 0)
		return 0;
	out->data = malloc(part->len / 4 * 3 + 3);
	if (!out->data)
		return -ENOMEM;
	out->open = part->open;
	err = mime_decode(part->body, part->len, out->data, &out->len);
	return err ? err : 1;
}

/* 1, 0: there is none; or -errno. */
static int find_content(const struct message *m, struct content *out)
{
	struct mime_reader reader;
	struct mime_part part;
	int rc;

	mime_read(&reader, m->text, m->len);
	while ((rc = mime_next(&reader, &part)) > 0) {
		rc = take_part(&part, out);
		if (rc)
			break;
	}
	return rc;
}

static int write_content(const struct content *x, int fd)
{
	size_t done = 0;
	ssize_t n;

	for (; done < x->len; done += (size_t)n) {
		n = write(fd, x->data + done, x->len - done);
		if (n <= 0)
			return n ? -errno : -EIO;
	}
	return 0;
}

/* Checks what came, and writes it. An exit status, said. */
static int deliver(const struct context *c, const struct content *x, const char *path)
{
	int fd = memfd_create("unpack", MFD_CLOEXEC), status;
	int err = fd < 0 ? -errno : write_content(x, fd);
	struct bundle b;

	if (err)
		log_err("there is no memory for what is in %s: %s", path, strerror(-err));
	status = err ? EXIT_TROUBLE : pack_open(&b, fd, path);
	if (fd >= 0)
		close(fd);
	if (status != EXIT_FINE)
		return status;
	status = pack_write(c, &b);
	bundle_close(&b);
	return status;
}

static int unpack(const struct context *c, const struct message *m, const char *path)
{
	struct content x = {.data = NULL};
	int rc = find_content(m, &x), status = EXIT_UNREADABLE;

	if (rc == 1 && !x.open)
		status = deliver(c, &x, path);
	else if (rc == -ENOMEM)
		log_err("%s: out of memory", path);
	else if (rc == 1 || (rc == -EBADMSG && x.open))
		log_err("%s: the message ends before the packed rig in it does; get it once more",
			path);
	else if (rc == -EBADMSG && x.data)
		log_err("%s: the packed rig in it is damaged; get it once more", path);
	else
		log_err("%s: there is no packed rig in it, or it is no mail", path);
	free(x.data);
	return status;
}

int cmd_unpack(struct context *c)
{
	const char *path = c->argv[0];
	struct message m = {.text = NULL};
	int status;

	if (!c->output) {
		log_err("unpack writes a program; name its file with -o");
		return EXIT_USAGE;
	}
	pack_mind_signals();
	status = read_message(path, &m);
	if (status == EXIT_FINE)
		status = unpack(c, &m, strcmp(path, "-") == 0 ? "standard input" : path);
	free(m.text);
	return status;
}
