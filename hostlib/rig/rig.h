/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A rig: a network of guests, and what shall happen to it, as one checked model.
 *
 * rig_load() reads a file of the language in Documentation/rig-language.md and finds all errors in
 * it. A rig that was loaded without errors holds: every reference is an index that is in range,
 * names are unique among nodes, lans and nats, defaults are filled in, steps are in the order of
 * time, addresses are not given twice on one network, and every number is within its range. Who
 * runs a rig needs to check nothing again.
 *
 * Order is meaning: nodes, lans, cards, links and steps stand in the order in which the file (with
 * its includes and repeats) names them, so what is numbered by it is the same in every run.
 *
 * Everything belongs to the rig and goes with rig_free(). Pure but for the files that are read.
 */
#ifndef NESTLING_RIG_H
#define NESTLING_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include "link.h"

#define RIG_LANGUAGE 1 /* the version that a rig names */
#define RIG_NODES_MAX 1023 /* ports of a switch but for the runner's */
#define RIG_LANS_MAX 1024
#define RIG_NATS_MAX 64
#define RIG_IMAGES_MAX 256
#define RIG_LINKS_MAX 4096
#define RIG_CARDS_MAX \
	15 /* of a node: NL_NET_MAX of the guest but for the one that the runner has */
#define RIG_ADDRESSES_MAX 8 /* of a card */
#define RIG_LIST_MAX 256 /* entries of a node's list: run, copy, env, ... */
#define RIG_STEPS_MAX 16384
#define RIG_SAMPLES_MAX 4096
#define RIG_EXPECTS_MAX 4096
#define RIG_SHOWS_MAX 256
#define RIG_CAPTURES_MAX 1024
#define RIG_NAME_MAX 32 /* bytes of a name, without the 0 */
#define RIG_TIME_MAX (36500ULL * 86400 * 1000000000) /* a hundred years, in ns */
#define RIG_NONE UINT32_MAX /* an index: there is none */

/* Where in which text something stands; for messages. */
struct rig_pos {
	uint32_t file; /* index for rig_file_name() */
	uint32_t line, column; /* from 1; column counts bytes */
	uint32_t length; /* bytes that it is about, at least 1 */
};

/* A list of texts. */
struct rig_list {
	uint32_t count;
	char **item;
};

struct rig_address {
	bool v6;
	uint8_t prefix; /* length of the network's part */
	uint8_t bytes[16]; /* network byte order; the first four of an IPv4 address */
};

/* A route: `net` is reached by way of `via`; net.prefix 0 is the default route. */
struct rig_route {
	struct rig_address net, via; /* of one version; via.prefix is not used */
};

/* A file of the host's that is put into a node before it runs. */
struct rig_copy {
	char *host; /* as the rig has it; with the folder of the file that named it in front */
	char *guest; /* absolute */
	uint32_t mode; /* permissions; 0: those of the file */
};

/* A network card of a node: eth0, eth1, ... in the order of node.card[]. */
struct rig_card {
	uint32_t link; /* the link that it is an end of */
	uint8_t mac[6];
	bool mac_given; /* by the rig; otherwise made from node and card */
	uint32_t addresses;
	struct rig_address address[RIG_ADDRESSES_MAX];
	bool address_auto; /* the address was chosen from the lan's net= */
	char *peer; /* name of what it is connected to */
	/* Used while loading. */
	struct rig_pos pos;
};

enum rig_node_kind {
	RIG_NODE_PLAIN,
	RIG_NODE_ROUTER, /* forwards between its cards */
};

struct rig_node {
	char *name;
	enum rig_node_kind kind;
	uint64_t mem_bytes;
	uint32_t image; /* RIG_NONE: the system built into `linux` */
	char *cow; /* a COW file over the image that stays; NULL: changes go with the run */
	char *kernel; /* words for the guest kernel, separated by blanks; "" for none */
	bool off; /* is not started until a step does it */
	struct rig_list run; /* commands of the guest's shell, one after the other, at boot */
	struct rig_list env; /* NAME=VALUE, for those commands and those of steps and samples */
	uint32_t copies, routes, cards;
	struct rig_copy *copy;
	struct rig_route *route;
	struct rig_card card[RIG_CARDS_MAX];
	char *firewall; /* a router's: file of the host for nft -f, NULL: none */
	uint32_t nat_card; /* a router's: what leaves here gets its address; RIG_NONE: none */
	/* Used while loading. */
	uint32_t set; /* settings that were named */
	char *image_name, *nat_name;
	struct rig_pos pos, image_pos, nat_pos;
};

/* A broadcast network: a switch. */
struct rig_lan {
	char *name;
	bool has_net;
	struct rig_address net; /* where cards without an address get theirs from (IPv4) */
	bool stp; /* spanning tree */
	bool hub; /* learns nothing */
	uint32_t domain; /* equal for lans that are linked with each other */
	struct rig_pos pos;
};

/* The host's network without privileges (port_nat.h); only in real time. */
struct rig_nat {
	char *name;
	char *options; /* for nat_config_parse(); "" for none */
	uint32_t link;
	/* Used while loading. */
	char *lan_name;
	struct rig_pos pos, lan_pos;
};

struct rig_image {
	char *name;
	char *file; /* with the folder of the file that named it in front */
	/* Where the image lies in it, when a packed rig is run; length 0: it is all of it. */
	uint64_t offset, length;
	struct rig_pos pos;
};

enum rig_end_kind {
	RIG_END_NODE,
	RIG_END_LAN,
	RIG_END_NAT,
};

/* One end of a link. */
struct rig_end {
	enum rig_end_kind kind;
	uint32_t index; /* among things of this kind */
	uint32_t card; /* of a node; RIG_NONE otherwise */
};

/* A cable between two ends; what each way does to frames is a setting of its own. */
struct rig_link {
	struct rig_end end[2];
	struct link_spec
		way[2]; /* [0] from end[0] to end[1], [1] back; .set is what has an effect */
	/* Used while loading. */
	bool both_stated, way_stated[2];
	struct rig_pos pos;
};

/* One way or both of a link. */
#define RIG_WAY_0 0x1 /* from end[0] to end[1] */
#define RIG_WAY_1 0x2
#define RIG_WAY_BOTH 0x3

struct rig_capture {
	bool all; /* every link; otherwise: */
	uint32_t link; /* this one, or RIG_NONE and: */
	struct rig_end of; /* all links of this node, lan or nat */
	char *filter; /* pcap-filter(7); "" for none */
	uint32_t snap_bytes; /* of each frame; 0: all */
	/* Used while loading. */
	char *name[2];
	struct rig_pos pos, name_pos[2];
};

enum rig_action {
	RIG_DO_LINK, /* `spec` is merged into `way` of `link` */
	RIG_DO_OFF, /* `node`: orderly end */
	RIG_DO_CRASH, /* power is cut: nothing is flushed */
	RIG_DO_ON,
	RIG_DO_REBOOT,
	RIG_DO_PAUSE,
	RIG_DO_RESUME,
	RIG_DO_RUN, /* `command` in `node`; its output is kept, as sample `label` if there is one */
	RIG_DO_COPY, /* `copy` into `node` */
	RIG_DO_FETCH, /* `copy`.guest out of `node`, to `copy`.host in the folder of the run */
	RIG_DO_NOTE, /* `command` is a text for the time line */
	RIG_DO_STOP, /* the run ends */
	RIG_ACTIONS
};
/* Its word in the language. */
const char *rig_action_name(enum rig_action action);

struct rig_step {
	uint64_t at_ns; /* since the start; never less than the step before */
	enum rig_action action;
	uint32_t node, link; /* RIG_NONE where the action has none */
	uint8_t way; /* RIG_WAY_* */
	struct link_spec spec;
	char *command, *label; /* NULL where there is none */
	struct rig_copy copy;
	/* Used while loading. */
	char *name[2];
	bool one_way;
	struct rig_pos pos, name_pos[2];
};

/* What is measured of a way of a link. */
enum rig_figure {
	RIG_FIGURE_FRAMES, /* handed to the link */
	RIG_FIGURE_BYTES,
	RIG_FIGURE_DELIVERED,
	RIG_FIGURE_DELIVERED_BYTES,
	RIG_FIGURE_LOST, /* by chance: loss, bursts */
	RIG_FIGURE_DROPPED, /* for whatever reason, chance included */
	RIG_FIGURE_QUEUE, /* bytes that wait now */
	RIG_FIGURE_QUEUE_PACKETS,
	RIG_FIGURE_QUEUE_MAX, /* bytes, most up to now */
	RIG_FIGURES
};
const char *rig_figure_name(enum rig_figure figure);

/* Something that is measured again and again: a command's number in a node, or a way's figures. */
struct rig_sample {
	uint64_t every_ns, from_ns;
	uint64_t until_ns; /* UINT64_MAX: as long as the rig runs */
	uint32_t node; /* RIG_NONE: a link's */
	char *label, *command; /* NULL for a link's */
	uint32_t link; /* RIG_NONE: a node's */
	uint8_t way; /* RIG_WAY_0 or RIG_WAY_1 */
	/* Used while loading. */
	char *name[2];
	struct rig_pos pos, name_pos[2];
};

enum rig_compare {
	RIG_EQ,
	RIG_NE,
	RIG_LT,
	RIG_LE,
	RIG_GT,
	RIG_GE,
	RIG_HAS, /* the text contains it */
};
enum rig_unit {
	RIG_UNIT_NONE,
	RIG_UNIT_SECONDS,
	RIG_UNIT_BYTES,
	RIG_UNIT_BITS, /* a second */
	RIG_UNIT_PERCENT,
	RIG_UNIT_TEXT, /* `text` is compared with the output */
};
enum rig_when {
	RIG_BY, /* becomes true at until_ns at the latest */
	RIG_WITHIN, /* the same, counted from a step: from_ns to until_ns */
	RIG_ALWAYS, /* at every sample from from_ns to until_ns */
};

struct rig_expect {
	char *title; /* for people */
	uint32_t node; /* whose sample; RIG_NONE: a link's */
	char *label; /* NULL for a link's */
	bool status; /* the exit status of the command, not its output */
	uint32_t link; /* RIG_NONE: a node's */
	uint8_t way; /* RIG_WAY_0 or RIG_WAY_1 */
	enum rig_figure figure;
	enum rig_compare compare;
	enum rig_unit unit;
	double number; /* in units of `unit` */
	char *text; /* for RIG_UNIT_TEXT */
	enum rig_when when;
	uint64_t from_ns, until_ns; /* UINT64_MAX: the end of the run */
	/* Used while loading. */
	char *name[2];
	struct rig_pos pos, name_pos[2], label_pos;
};

/* What a sample printed last is shown with the verdicts. */
struct rig_show {
	char *title; /* for people */
	uint32_t node;
	char *label;
	/* Used while loading. */
	char *name;
	struct rig_pos name_pos, label_pos;
};

/* A variable that the file has, after -D. */
struct rig_variable {
	char *name, *value;
};

struct rig {
	char *name;
	uint64_t seed;
	bool real_time;
	uint64_t start_s; /* seconds since 1970 that the guests' clocks begin with, virtual time */
	/* The first `stop`; else the last moment that a step, sample or expectation names; 0: none. */
	uint64_t end_ns;
	uint32_t nimages, nnodes, nlans, nnats, nlinks, ncaptures, nsteps, nsamples, nexpects;
	uint32_t nshows, nvariables;
	struct rig_image *image;
	struct rig_node *node;
	struct rig_lan *lan;
	struct rig_nat *nat;
	struct rig_link *link;
	struct rig_capture *capture;
	struct rig_step *step;
	struct rig_sample *sample;
	struct rig_expect *expect;
	struct rig_show *show;
	struct rig_variable *variable;
	struct rig_private *private; /* memory, texts and errors */
};

/* A -D option. */
struct rig_define {
	const char *name, *value;
};

/* Where files are that a rig is made of, or names; instead of the host's file system. */
struct rig_files {
	/* Opens the file for reading; a descriptor, close-on-exec and the caller's, or -errno. */
	int (*open)(void *arg, const char *path);
	void *arg;
};

/*
 * Reads the rig in the file `path` ("-": standard input). 0: *out is whole. -EINVAL: *out is only
 * for rig_errors() and rig_unknown_define(). Otherwise *out is NULL: -ENOMEM, -E2BIG (definitions),
 * or another -errno when the file itself cannot be read. *out is to be freed in any case.
 */
int rig_load(struct rig **out, const char *path, const struct rig_define *defines,
	     uint32_t ndefines);
/* The same; files are taken from `files`, which outlasts the rig. NULL: from the host's file system. */
int rig_load_from(struct rig **out, const struct rig_files *files, const char *path,
		  const struct rig_define *defines, uint32_t ndefines);
/*
 * Opens a file that the rig names (image, copy, firewall) for reading, where it was loaded from. A
 * descriptor, close-on-exec and the caller's, or -errno.
 */
int rig_open(const struct rig *rig, const char *path);
/* As rig_load() for a text in memory; `path` names it in messages and is where includes start from. */
int rig_load_text(struct rig **out, const char *path, const char *text, size_t len,
		  const struct rig_define *defines, uint32_t ndefines);
void rig_free(struct rig *rig);

/*
 * A step or a capture more for a rig that was loaded, by words as they stand behind `at TIME` or
 * `capture`; files of the host's are named from `folder`. The rig itself stays as it is, but *out has
 * texts in its memory. 0; -EINVAL and others: err has a sentence; -ENOMEM.
 */
int rig_read_step(struct rig *rig, const char *folder, const char *const *words, uint32_t n,
		  struct rig_step *out, char *err, size_t len);
int rig_read_capture(struct rig *rig, const char *folder, const char *const *words, uint32_t n,
		     struct rig_capture *out, char *err, size_t len);

/*
 * How many errors there are, and the n-th: its text and where it is, NULL beyond those that are
 * kept. In the order of the files.
 */
uint32_t rig_errors(const struct rig *rig);
const char *rig_error_text(const struct rig *rig, uint32_t n, struct rig_pos *pos);
/* All errors for people: FILE:LINE:COLUMN: text, the line, and a caret below. */
void rig_errors_print(const struct rig *rig, FILE *out);
/* A sentence when a definition names a variable that the rig does not set; NULL otherwise. */
const char *rig_unknown_define(const struct rig *rig);

/* Names; NULL is never returned for a rig that was loaded. */
const char *rig_file_name(const struct rig *rig, uint32_t file);
const char *rig_end_name(const struct rig *rig, const struct rig_end *end);

/* Index, or RIG_NONE. */
uint32_t rig_find_node(const struct rig *rig, const char *name);
uint32_t rig_find_lan(const struct rig *rig, const char *name);
/* The link between two things by name; *way is what leads from a to b. */
uint32_t rig_find_link(const struct rig *rig, const char *a, const char *b, uint8_t *way);

/* The statements of the language, for help and documentation. NULL behind the last one. */
struct rig_help {
	const char *name;
	const char *form; /* what can follow the name */
	const char *text; /* sentences; paragraphs are lines */
	const char *example; /* lines; a rig together with what `context` has */
	const char *context; /* lines that the example needs, NULL: none */
};
const struct rig_help *rig_help(uint32_t n);

/* Writers. 0 or -errno. */
int rig_write_json(const struct rig *rig, FILE *out);
int rig_write_dot(const struct rig *rig, FILE *out);
int rig_write_svg(const struct rig *rig, FILE *out);

/*
 * Canonical form of a rig's text. 0: *out, to be freed with free(), ends with a 0 and has
 * *out_len bytes. -EINVAL: *rig holds the errors; to be freed with rig_free(). -ENOMEM.
 */
int rig_format(struct rig **rig, const char *path, const char *text, size_t len, char **out,
	       size_t *out_len);
/*
 * The text of a file ("-": standard input) for rig_format(), to be freed with free(). files as for
 * rig_load_from(). 0 or -errno.
 */
int rig_read_file(const struct rig_files *files, const char *path, char **text, size_t *len);

#endif
