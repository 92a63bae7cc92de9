// SPDX-License-Identifier: GPL-2.0
/* uml_rig run: the folder of the run, and its exit status. What `up` needs as well. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "packed.h"
#include "run.h"
#include "uml_rig.h"
#include "value.h"

/* Said for each image, and not by each guest that does not find it. */
static int check_image(const struct rig *rig, const struct rig_image *image)
{
	struct stat st;
	int err = 0;

	if (stat(image->file, &st) < 0 || access(image->file, R_OK) < 0)
		err = errno;
	else if (S_ISDIR(st.st_mode))
		err = EISDIR;
	if (err)
		log_err("%s:%u: image %s: %s: %s; make it, or name another",
			rig_file_name(rig, image->pos.file), image->pos.line, image->name,
			image->file, strerror(err));
	return -err;
}

static bool is_used(const struct rig *rig, uint32_t image)
{
	uint32_t i;

	for (i = 0; i < rig->nnodes; i++)
		if (rig->node[i].image == image)
			return true;
	return false;
}

int find_images(const struct context *c, struct rig *rig)
{
	int err = c->packed ? packed_images(c->packed, rig) : 0, bad;
	uint32_t i;

	if (err)
		return err;
	for (i = 0; i < rig->nimages; i++) {
		bad = is_used(rig, i) ? check_image(rig, &rig->image[i]) : 0;
		err = err ? err : bad;
	}
	return err;
}

int find_linux(const struct context *c, char *out, size_t len)
{
	const char *named = getenv("NESTLING_LINUX");
	struct stat st;
	ssize_t n;

	if (c->packed)
		return packed_linux(c->packed, out, len);
	if (named) {
		snprintf(out, len, "%s", named);
	} else {
		n = readlink("/proc/self/exe", out, len - 6);
		if (n < 0)
			return -errno;
		out[n] = 0;
		strcpy(strrchr(out, '/') + 1, "linux");
	}
	if (access(out, X_OK) == 0 && stat(out, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return 0;
		errno = EISDIR;
	}
	log_err("%s: %s; uml_rig needs it beside itself, or named by NESTLING_LINUX", out,
		strerror(errno));
	return -ENOENT;
}

static int make_folder(const char *rig, const char *what, char *out, size_t len)
{
	unsigned int n;

	for (n = 1; n < 10000; n++) {
		snprintf(out, len, n == 1 ? "%s%s" : "%s%s.%u", rig, what, n);
		if (mkdir(out, 0755) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

int open_folder(const struct context *c, const char *rig, const char *what, char *path, size_t len)
{
	int fd, err = 0;

	if (c->output) {
		snprintf(path, len, "%s", c->output);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			err = -errno;
	} else {
		err = make_folder(rig, what, path, len);
	}
	fd = err ? err : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		fd = -errno;
	if (fd < 0)
		log_err("the folder %s cannot be made: %s; name another with -o", path,
			strerror(-fd));
	return fd;
}

/* --seed stands in for the rig's own. */
static int set_seed(const struct context *c, struct rig *rig)
{
	struct rig_why why = {""};

	if (!c->seed || rig_value_integer(c->seed, UINT64_MAX, &rig->seed, &why) == 0)
		return EXIT_FINE;
	log_err("--seed: %s; one run has one seed, 'uml_rig sweep' takes several", why.text);
	return EXIT_USAGE;
}

#define PATIENCE_NS (60 * 1000000000ULL)

static int set_patience(const struct context *c, uint64_t *ns)
{
	struct rig_why why = {""};

	*ns = PATIENCE_NS;
	if (!c->patience || rig_value_time(c->patience, ns, &why) == 0)
		return EXIT_FINE;
	log_err("--patience: %s", why.text);
	return EXIT_USAGE;
}

const struct rig_node *keeps_disk(const struct rig *rig)
{
	uint32_t i;

	for (i = 0; i < rig->nnodes; i++)
		if (rig->node[i].cow)
			return &rig->node[i];
	return NULL;
}

int run_status(int rc)
{
	static const int status[] = {
		[RUN_PASSED] = EXIT_FINE,
		[RUN_FAILED] = EXIT_ERRORS,
		[RUN_INTERRUPTED] = EXIT_INTERRUPTED,
	};

	return rc < 0 ? EXIT_TROUBLE : status[rc];
}

int cmd_run(struct context *c)
{
	char program[PATH_MAX], folder[PATH_MAX];
	struct run_config config = {
		.rig_file = c->argv[0],
		.program = program,
		.folder = folder,
		.sequential = c->sequential,
		.parallel = c->parallel,
		.to_end = c->to_end,
		.quiet = c->quiet,
	};
	struct rig *rig = NULL;
	int rc = load(c, c->argv[0], &rig);

	if (rc == EXIT_FINE)
		rc = set_seed(c, rig);
	if (rc == EXIT_FINE)
		rc = set_patience(c, &config.patience_ns);
	if (rc == EXIT_FINE && c->nested)
		rc = check_nested(c, rig);
	if (rc != EXIT_FINE) {
		rig_free(rig);
		return rc;
	}
	config.rig = rig;
	rc = EXIT_TROUBLE;
	if (find_linux(c, program, sizeof(program)) == 0 && find_images(c, rig) == 0) {
		config.folder_fd = open_folder(c, rig->name, ".run", folder, sizeof(folder));
		if (config.folder_fd >= 0) {
			rc = c->nested ? run_nested(c, rig, program, folder)
				       : run_status(rig_run(&config));
			close(config.folder_fd);
		}
	}
	rig_free(rig);
	return rc;
}
