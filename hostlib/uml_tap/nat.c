// SPDX-License-Identifier: GPL-2.0
/*
 * NAT by nftables, in a table of our own that nobody else writes to: inet uml_tap. Each rule carries
 * a comment with the entry that it was made of, so that the table itself says what it holds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "uml_tap.h"

#define TABLE "inet uml_tap"
#define NO_NFT 127 /* status of a child that could not be nft */
#define MARK "comment \"uml_tap "

static void nat_rule(const char *entry, FILE *out)
{
	const char *comma = strchr(entry, ',');
	int len = comma ? (int)(comma - entry) : (int)strlen(entry);
	const char *family = memchr(entry, ':', (size_t)len) ? "ip6" : "ip";

	fprintf(out, "\t\t%s saddr %.*s ", family, len, entry);
	if (comma)
		fprintf(out, "oifname \"%s\" ", comma + 1);
	else
		fprintf(out, "%s daddr != %.*s ", family, len, entry);
	fprintf(out, "masquerade " MARK "%s\"\n", entry);
}

void nat_rules(const char *list, FILE *out)
{
	char copy[STEP_MAX], *save = NULL;

	/* Adding it first makes sure that there is one to delete. */
	fprintf(out, "add table " TABLE "\ndelete table " TABLE "\n");
	if (!strcmp(list, "-"))
		return;
	fprintf(out, "table " TABLE " {\n\tchain postrouting {\n"
		     "\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
	snprintf(copy, sizeof(copy), "%s", list);
	for (char *e = strtok_r(copy, ";", &save); e; e = strtok_r(NULL, ";", &save))
		nat_rule(e, out);
	fprintf(out, "\t}\n}\n");
}

/* Runs nft with in and out as its streams; what it complains of goes to err. Status or -errno. */
static int run_nft(char *const argv[], int in, int out, int err)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		if ((in < 0 || dup2(in, 0) >= 0) && (out < 0 || dup2(out, 1) >= 0) &&
		    (err < 0 || dup2(err, 2) >= 0))
			execvp("nft", argv);
		_exit(errno == ENOENT ? NO_NFT : NO_NFT - 1);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

static char why[256]; /* what nft said last */

const char *nat_why(void)
{
	return why;
}

/* The first line of what nft said: without privileges, or something else. */
static int refused(FILE *said)
{
	rewind(said);
	if (!fgets(why, sizeof(why), said))
		*why = 0;
	why[strcspn(why, "\n")] = 0;
	return strstr(why, "not permitted") ? -EPERM : -EPROTO;
}

int nat_set(const char *list)
{
	char *const argv[] = {"nft", "-f", "-", NULL};
	FILE *rules = tmpfile(), *said = tmpfile();
	int rc = -errno;

	if (rules && said) {
		nat_rules(list, rules);
		fflush(rules);
		rewind(rules);
		rc = run_nft(argv, fileno(rules), -1, fileno(said));
		if (rc > 0)
			rc = rc == NO_NFT ? -ENOPKG : refused(said);
	}
	if (rules)
		fclose(rules);
	if (said)
		fclose(said);
	return rc;
}

/* Adds the entry of a line that has one. Whether there was room for it. */
static bool take_entry(const char *line, char *out, size_t len)
{
	const char *mark = strstr(line, MARK), *end;
	size_t used = strlen(out);
	int n;

	mark = mark ? mark + strlen(MARK) : NULL;
	end = mark ? strchr(mark, '"') : NULL;
	if (!end || end == mark)
		return true;
	n = snprintf(out + used, len - used, "%s%.*s", used ? ";" : "", (int)(end - mark), mark);
	if ((size_t)n < len - used)
		return true;
	out[used] = 0;
	return false;
}

int nat_read(FILE *said, char *out, size_t len)
{
	char line[1024];
	bool all = true;

	*out = 0;
	while (fgets(line, sizeof(line), said))
		all = take_entry(line, out, len) && all;
	if (!*out)
		snprintf(out, len, "-");
	return all ? 0 : -EMSGSIZE;
}

int nat_get(char *out, size_t len)
{
	char *const argv[] = {"nft", "list", "table", "inet", "uml_tap", NULL};
	FILE *said = tmpfile(), *complaint = tmpfile();
	int status = -errno, rc = 0;

	snprintf(out, len, "-");
	if (said && complaint)
		status = run_nft(argv, -1, fileno(said), fileno(complaint));
	if (status == 0) {
		rewind(said);
		rc = nat_read(said, out, len);
	}
	if (said)
		fclose(said);
	if (complaint)
		fclose(complaint);
	/* Without privileges nothing can be listed; that is told when something is to be done. */
	return status == NO_NFT ? -ENOPKG : status < 0 ? status : rc;
}
