/* SPDX-License-Identifier: GPL-2.0 */
/*
 * uml_tap: taps, bridges and NAT that an administrator makes for users.
 *
 * What a command does is a plan: a list of steps, each with those that take it back. A step is a
 * line of words, so that the same form stands in the plan, in the record that `undo` reads, and in
 * what carries it out (step.c). The plan is shown, then carried out; if a step fails, those before
 * it are taken back.
 */
#ifndef NESTLING_UML_TAP_H
#define NESTLING_UML_TAP_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct nl_sock;

#define STEP_MAX 2048 /* bytes of a step */
#define STEP_WORDS_MAX 8
#define PLAN_STEPS_MAX 128
#define IFACES_MAX 4096
#define ADDRESSES_MAX 64 /* of an interface */
#define ADDRESS_TEXT 64
#define NO_ID (-1)

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 64
};

/* --- the host as it is (host.c) --------------------------------------------------------------- */

struct iface {
	int index;
	char name[IFNAMSIZ];
	char kind[16]; /* "tun", "bridge", "veth", ... */
	int master; /* index of its bridge, or 0 */
	unsigned int flags; /* IFF_* */
	unsigned int mtu;
	char mac[18];
	bool tap, persistent; /* of kind tun: is it a tap; does it stay without a program */
	int64_t user, group; /* who may open it, or NO_ID */
};

/* All interfaces. Their number or -errno. */
int host_ifaces(struct nl_sock *sk, struct iface *out, unsigned int room);
/* One by its name: 0, -ENODEV or -errno. */
int host_iface(struct nl_sock *sk, const char *name, struct iface *out);
/* Permanent addresses as A/P, but those that the kernel makes itself (link-local). Number. */
int host_addresses(struct nl_sock *sk, int index, char out[][ADDRESS_TEXT], unsigned int room);
/* Whether a program has the tap open. */
bool host_tap_busy(const char *name);

/* --- NAT (nat.c) ------------------------------------------------------------------------------ */

/*
 * Entries of our table, as a step has them: NET,IF or NET, by ';'. "-": no table. 0 or -errno;
 * -EMSGSIZE: out has no room for all.
 */
int nat_get(char *out, size_t len);
/* The same from what nft says of the table. */
int nat_read(FILE *said, char *out, size_t len);
/* Replaces the table in one transaction. 0 or -errno; -EPROTO: nft refused it, see nat_why(). */
int nat_set(const char *list);
/* What nft said. */
const char *nat_why(void);
/* The rules that nft gets for list. */
void nat_rules(const char *list, FILE *out);

/* --- steps (step.c) --------------------------------------------------------------------------- */

/*
 * Carries out one step. 0 or -errno. undoing: what is so already is no mistake.
 */
int step_run(struct nl_sock *sk, const char *step, bool undoing);
/* The step as a command that a person would type. */
void step_show(const char *step, FILE *out);

/* --- plans (plan.c) --------------------------------------------------------------------------- */

struct plan {
	char *step[PLAN_STEPS_MAX]; /* NULL: only something to take back */
	char *back[PLAN_STEPS_MAX]; /* what takes it back; NULL: nothing does */
	unsigned int count;
};

/* Adds a step and what takes it back; either may be NULL. Both are copied. */
void plan_add(struct plan *p, const char *step, const char *back);
/* A step made of words and a blank between, in a buffer that the next calls use again. */
#define words(...) words_join((const char *const[]){__VA_ARGS__, NULL})
const char *words_join(const char *const *w);
void plan_free(struct plan *p);

/* --- the program ------------------------------------------------------------------------------ */

struct options {
	bool dry_run, quiet, json, all;
	const char *user, *group, *bridge, *address, *out;
};

struct tap_ctx {
	struct nl_sock *sk;
	struct options opt;
	const char *command; /* as it was typed, for the record */
};

/* Shows the plan, records it and carries it out. Exit status. */
int plan_run(struct tap_ctx *ctx, struct plan *p);
/* Tells that a step failed, and the cure, or what is `otherwise` to be said. */
void step_failed(const char *step, int rc, const char *otherwise);
/* The cure if rc says that privileges are missing; else "". */
const char *sudo_cure(int rc);

/* --- the record (record.c) -------------------------------------------------------------------- */

/* Holds the lock of the record until the program ends. 0 or -errno. */
int record_lock(void);
const char *record_path(void);
/* Adds what takes a plan back, last step first. 0 or -errno. */
int record_push(const char *command, const struct plan *p);
/*
 * The steps of the newest entry but `skip` into p (as steps) and its command. 0, -ENOENT when there
 * is none, -EBADMSG when it has lines that are no steps or more than a plan has, or -errno. p is to
 * be freed in any case.
 */
int record_last(unsigned int skip, char *command, size_t len, struct plan *p);
/* Leaves the newest entry without its first `done` steps, or without itself. 0 or -errno. */
int record_drop(unsigned int done);

/* --- commands (commands.c, list.c) ------------------------------------------------------------ */

int cmd_add(struct tap_ctx *ctx, char **args);
int cmd_del(struct tap_ctx *ctx, char **args);
int cmd_bridge_add(struct tap_ctx *ctx, char **args);
int cmd_bridge_del(struct tap_ctx *ctx, char **args);
int cmd_nat_add(struct tap_ctx *ctx, char **args);
int cmd_nat_del(struct tap_ctx *ctx, char **args);
int cmd_undo(struct tap_ctx *ctx, char **args);
int cmd_list(struct tap_ctx *ctx, char **args);

#endif
