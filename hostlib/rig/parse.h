/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the files that read statements.
 *
 * parse.c goes through the lines, repeats and includes; expand.c puts in variables; statements.c has
 * the table; st_*.c read one statement each and put what they read into the rig, with the names of
 * what it refers to; check.c and its like then look names up, when all is known.
 */
#ifndef NESTLING_RIG_PARSE_H
#define NESTLING_RIG_PARSE_H

#include <assert.h>
#include "lexer.h"
#include "rig.h"
#include "source.h"
#include "value.h"

#define RIG_INCLUDE_DEPTH 8
#define RIG_REPEAT_DEPTH 4
#define RIG_STATEMENTS_MAX 65536 /* carried out, rounds of repeats counted one by one */
#define RIG_VARIABLES_MAX 256
#define RIG_WORD_MAX 16384 /* bytes of a word with its variables put in */
#define RIG_EXPANDED_MAX (64 << 20) /* bytes of all words, repeats counted one by one */

/* A word with its variables put in and its quotes taken away. */
struct rig_word {
	char *text;
	uint32_t len, line;
	uint32_t start, length; /* as it stands in the text, quotes included */
	uint32_t *column; /* where each byte comes from; one more for the end */
	bool quoted; /* begins with a quote */
};

struct rig_var {
	char name[RIG_NAME_MAX + 1];
	const char *value;
	struct rig_pos pos; /* where it was set */
	bool defined; /* by -D, which goes before the rig's own value */
	bool set; /* by the rig */
	bool round; /* of a repeat */
};

/* A link as it was stated, before its ends are looked up. */
struct rig_stated {
	char *name[2];
	struct rig_pos pos, name_pos[2];
	bool one_way;
	struct link_spec spec;
	struct rig_card card[2]; /* addresses said with an end */
};

struct rig_parser {
	struct rig *rig;
	struct rig_private *t;
	struct rig_var *var;
	uint32_t nvars;
	struct rig_stated *stated;
	uint32_t nstated;
	uint32_t includes, repeats; /* how deep we are */
	uint32_t statements;
	uint64_t expanded; /* bytes of words up to now */
	bool full; /* too many statements or bytes: said once */
	bool holes; /* something was not understood that may have named things */
	int fatal; /* -ENOMEM: nothing can be believed any more */
	/* What was said once. */
	struct rig_pos rig_pos, seed_pos, time_pos, default_link_pos; /* line 0: not yet */
	struct rig_node defaults;
	struct link_spec default_link;
	uint64_t last_step_ns;
	char last_step[64]; /* for people; "" before the first */
	/* The statement that is being read. */
	struct rig_pool scratch; /* of its words */
	struct rig_word building; /* the word that is being expanded: RIG_WORD_MAX bytes */
	uint32_t file;
	struct rig_pos pos; /* of its first word */
	struct rig_word word[RIG_WORDS_MAX];
	uint32_t words, next;
	const struct rig_statement *statement;
};

struct rig_statement {
	struct rig_help help;
	int (*parse)(struct rig_parser *p); /* 0, -EINVAL (told), -ENOMEM */
};

/* NAME=VALUE behind a statement. */
struct rig_setting {
	const char *name, *example;
	int (*parse)(struct rig_parser *p, void *object, struct rig_word *w, char *value);
	uint32_t bit; /* for *set */
	bool many; /* may be said more than once */
	bool plain; /* a word without a value */
};
#define RIG_COUNT(table) (sizeof(table) / sizeof(*(table)))

/* rig.c: for one text. NULL without memory; p->fatal may be set. */
struct rig_parser *rig_parser_new(struct rig *rig);
void rig_parser_free(struct rig_parser *p);

/* expand.c: */
/* Puts variables into a word, in p->scratch. 0, -EINVAL (told), -ENOMEM. */
int rig_expand(struct rig_parser *p, const struct rig_raw *raw, struct rig_word *out);
/* NULL: there is none. */
struct rig_var *rig_var_find(struct rig_parser *p, const char *name);
/* A new one. NULL (told, or fatal): too many. */
struct rig_var *rig_var_add(struct rig_parser *p, const char *name);

/* words.c: what statements are made of */
struct rig_pos rig_at(const struct rig_parser *p, const struct rig_word *w, const char *from);
/* The next word, NULL at the end. */
struct rig_word *rig_next_word(struct rig_parser *p);
/* The same, but an error at the end: *what* is missing. NULL then. */
struct rig_word *rig_need(struct rig_parser *p, const char *what);
/* 0, or an error when there are more words. */
int rig_no_more(struct rig_parser *p);
/* The words from `first` to the end as one text; false: it was cut. */
bool rig_join(const struct rig_parser *p, uint32_t first, char between, char *out, size_t room);
/* A text in the rig's memory; NULL, and p->fatal. */
char *rig_keep(struct rig_parser *p, const char *text);
/* Makes room at the end of an array of the rig. 0; -EINVAL (told: more than max), -ENOMEM. */
int rig_more(struct rig_parser *p, void *array, uint32_t *count, uint32_t max, size_t size,
	     const char *what);
/* All words to the end as settings. unknown: for names that are not there, NULL: an error. */
int rig_settings(struct rig_parser *p, const struct rig_setting *table, uint32_t n, void *object,
		 uint32_t *set,
		 int (*unknown)(struct rig_parser *p, void *object, struct rig_word *w));
/* An error that says which settings there are. */
int rig_unknown_setting(struct rig_parser *p, const struct rig_setting *table, uint32_t n,
			struct rig_word *w);
/* A name into *out; a reference if `what` is NULL, and not looked at further. */
int rig_take_name(struct rig_parser *p, const char *what, char **out, struct rig_pos *pos);
/* All words to the end as settings of a link. */
int rig_take_link(struct rig_parser *p, struct link_spec *spec);
/* A time at value. */
int rig_take_time(struct rig_parser *p, const struct rig_word *w, const char *value, uint64_t *ns);
int rig_list_add(struct rig_parser *p, struct rig_list *list, const char *text);
/* NAME[@ADDRESS/PREFIX[,...][,MAC]] */
int rig_take_end(struct rig_parser *p, struct rig_word *w, char *value, struct rig_card *card);
/* "HOST:GUEST[:MODE]"; host seen from the folder of the file, if `in`. */
int rig_take_copy(struct rig_parser *p, struct rig_word *w, char *value, bool in,
		  struct rig_copy *copy);

/* statements.c: */
const struct rig_statement *rig_statement_find(const char *name);
const struct rig_statement *rig_statement_at(uint32_t n);

/* parse.c: all of a file, as `include` has it. */
int rig_parse_file(struct rig_parser *p, uint32_t file);

/* st_base.c */
int rig_st_rig(struct rig_parser *p);
int rig_st_seed(struct rig_parser *p);
int rig_st_time(struct rig_parser *p);
int rig_st_image(struct rig_parser *p);
int rig_st_default(struct rig_parser *p);
int rig_st_set(struct rig_parser *p);
int rig_st_include(struct rig_parser *p);
/* st_node.c */
int rig_st_node(struct rig_parser *p);
int rig_st_router(struct rig_parser *p);
int rig_node_defaults(struct rig_parser *p);
#define RIG_NODE_CARDS 0x1 /* bits of node.set that others look at */
#define RIG_NODE_MEM 0x2
#define RIG_NODE_IMAGE 0x4
#define RIG_NODE_OFF 0x8
/* st_net.c */
int rig_st_lan(struct rig_parser *p);
int rig_st_link(struct rig_parser *p);
int rig_st_nat(struct rig_parser *p);
int rig_st_capture(struct rig_parser *p);
/* st_steps.c */
int rig_st_at(struct rig_parser *p);
/* st_measure.c */
int rig_st_every(struct rig_parser *p);
int rig_st_expect(struct rig_parser *p);
int rig_st_show(struct rig_parser *p);

/* check.c: names become indices, defaults are filled in, and what contradicts itself is told. */
int rig_check(struct rig_parser *p);
/* The same for the captures and steps that a rig, which was checked, has now (said.c). */
int rig_check_said(struct rig_parser *p);

/* check_links.c: cards and links. */
struct rig_names;
int rig_check_links(struct rig_parser *p, struct rig_names *names);
/* check_addresses.c: addresses on each network. */
int rig_check_addresses(struct rig_parser *p);
/* check_steps.c: captures and steps. */
void rig_check_deeds(struct rig_parser *p, struct rig_names *names);
/* Those, samples and expectations. */
int rig_check_steps(struct rig_parser *p, struct rig_names *names);

/* names.c: nodes, lans and nats by name. */
struct rig_names *rig_names_new(void);
void rig_names_free(struct rig_names *n);
/* 0; -EEXIST, and *other is where it stands. */
int rig_names_add(struct rig_names *n, const char *name, struct rig_end end, struct rig_pos pos,
		  struct rig_pos *other);
/* Looks up; an error says what there is. nodes: only those. 0 or -EINVAL. */
int rig_names_find(struct rig_parser *p, struct rig_names *n, const char *name, struct rig_pos pos,
		   bool nodes, struct rig_end *out);
/* The link between two ends, and what leads from a to b in it; RIG_NONE. */
uint32_t rig_link_between(const struct rig *rig, const struct rig_end *a, const struct rig_end *b,
			  uint8_t *way);

#endif
