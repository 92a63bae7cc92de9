// SPDX-License-Identifier: GPL-2.0
/* What nodes are asked for; see agent.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "agent_private.h"

void agent_mac(unsigned int node, uint8_t mac[static 6])
{
	static const uint8_t prefix[AGENT_PREFIX_LEN] = AGENT_PREFIX;

	memcpy(mac, prefix, sizeof(prefix));
	mac[3] = 0;
	mac[4] = (uint8_t)(node >> 8);
	mac[5] = (uint8_t)node;
}

/* --- nodes ---------------------------------------------------------------------- */

int agent_node_add(struct agent *a, unsigned int node)
{
	struct node *n;

	if (node >= AGENT_NODES_MAX)
		return -EINVAL;
	n = &a->node[node];
	if (n->state != NODE_NONE)
		return -EEXIST;
	n->state = NODE_WAITING;
	request_list_init(&n->waiting);
	request_list_init(&n->active);
	request_list_init(&n->ended);
	return 0;
}

static bool is_there(const struct agent *a, unsigned int node)
{
	return node < AGENT_NODES_MAX && a->node[node].state != NODE_NONE;
}

void agent_node_reset(struct agent *a, unsigned int node)
{
	if (is_there(a, node))
		agent_node_lost(a, node, NODE_WAITING);
}

void agent_node_gone(struct agent *a, unsigned int node)
{
	if (is_there(a, node))
		agent_node_lost(a, node, NODE_GONE);
}

bool agent_node_up(const struct agent *a, unsigned int node)
{
	return is_there(a, node) && a->node[node].state == NODE_UP;
}

/* --- requests ------------------------------------------------------------------- */

/* Whether one more can be asked of the node. */
static int may_ask(const struct agent *a, unsigned int node)
{
	const struct node *n;

	if (!is_there(a, node) || a->node[node].state == NODE_GONE)
		return -ENOTCONN;
	n = &a->node[node];
	return n->waiting.n + n->active.n < AGENT_WAITING_MAX ? 0 : -ENOSPC;
}

/* With room for a head of that length. */
static struct request *request_new(uint8_t type, size_t head_len, agent_done_fn done, void *arg)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->type = type;
	r->in_fd = r->out_fd = -1;
	r->done = done;
	r->arg = arg;
	r->head_len = head_len;
	r->send.total = head_len;
	r->head = malloc(head_len + 1);
	if (!r->head) {
		free(r);
		return NULL;
	}
	return r;
}

static int ask(struct agent *a, unsigned int node, struct request *r)
{
	struct node *n = &a->node[node];

	if (!r)
		return -ENOMEM;
	if (r->type == AGENT_END || r->type == AGENT_REBOOT)
		request_prepend(&n->waiting, r);
	else
		request_append(&n->waiting, r);
	agent_dirty(a, node);
	return 0;
}

int agent_setup(struct agent *a, unsigned int node, const char *text, agent_done_fn done, void *arg)
{
	size_t len = strlen(text);
	struct request *r;
	int err = may_ask(a, node);

	if (err)
		return err;
	if (len > AGENT_TEXT_MAX)
		return -E2BIG;
	r = request_new(AGENT_SETUP, len, done, arg);
	if (r) {
		memcpy(r->head, text, len);
		r->max = AGENT_OUTPUT_MAX;
	}
	return ask(a, node, r);
}

/* A command of either type; to be asked. NULL with *err. */
static struct request *command_new(struct agent *a, unsigned int node, uint8_t type,
				   const char *command, char *const *env, int *err)
{
	size_t len = strlen(command) + 1, i;
	struct request *r;
	uint8_t *to;

	*err = may_ask(a, node);
	for (i = 0; env && env[i]; i++)
		len += strlen(env[i]) + 1;
	if (!*err && len > AGENT_TEXT_MAX)
		*err = -E2BIG;
	r = *err ? NULL : request_new(type, len, NULL, NULL);
	if (!r) {
		*err = *err ? *err : -ENOMEM;
		return NULL;
	}
	r->max = AGENT_OUTPUT_MAX;
	to = (uint8_t *)stpcpy((char *)r->head, command) + 1;
	for (i = 0; env && env[i]; i++)
		to = (uint8_t *)stpcpy((char *)to, env[i]) + 1;
	return r;
}

int agent_exec(struct agent *a, unsigned int node, const char *command, char *const *env,
	       agent_done_fn done, void *arg)
{
	int err;
	struct request *r = command_new(a, node, AGENT_EXEC, command, env, &err);

	if (!r)
		return err;
	r->done = done;
	r->arg = arg;
	return ask(a, node, r);
}

int agent_stream(struct agent *a, unsigned int node, const char *command, agent_output_fn output,
		 agent_done_fn done, void *arg)
{
	int err;
	struct request *r = command_new(a, node, AGENT_STREAM, command, NULL, &err);

	if (!r)
		return err;
	r->on_output = output;
	r->done = done;
	r->arg = arg;
	return ask(a, node, r);
}

void agent_look(struct agent *a, unsigned int node)
{
	if (is_there(a, node))
		agent_dirty(a, node);
}

/* Signals that end whoever has not said what else they are to do. */
static bool is_to_end(int sig)
{
	return sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTERM || sig == SIGKILL;
}

/* What its guest has not heard of yet ends here, as it would have there. */
static void end_waiting(struct agent *a, unsigned int node, const void *arg, int sig)
{
	struct node *n = &a->node[node];
	struct request *r, *next;

	for (r = n->waiting.first; r; r = next) {
		next = r->next;
		if (r->arg != arg || !request_is_command(r))
			continue;
		request_unlink(&n->waiting, r);
		r->status = sig; /* as waitpid(2) says it */
		request_append(&n->ended, r);
		agent_dirty(a, node);
	}
}

void agent_signal(struct agent *a, unsigned int node, const void *arg, int sig)
{
	const struct request *r;
	struct agent_frame f;

	if (!is_there(a, node))
		return;
	for (r = a->node[node].active.first; r; r = r->next) {
		if (r->arg != arg || !r->id)
			continue;
		agent_frame_init(&f, AGENT_SIGNAL, a->node[node].session, r->id);
		f.status = sig;
		a->way->send(a, node, &f, NULL, 0);
	}
	if (is_to_end(sig))
		end_waiting(a, node, arg, sig);
}

/* A request that begins with fixed bytes and a path. NULL with *err. */
static struct request *request_path(struct agent *a, unsigned int node, uint8_t type,
				    size_t fixed_len, const char *path, int *err)
{
	size_t len = strlen(path) + 1;
	struct request *r;

	*err = may_ask(a, node);
	if (!*err && (path[0] != '/' || len > AGENT_PATH_MAX))
		*err = -EINVAL;
	if (*err)
		return NULL;
	r = request_new(type, fixed_len + len, NULL, NULL);
	if (r)
		memcpy(r->head + fixed_len, path, len);
	else
		*err = -ENOMEM;
	return r;
}

int agent_put(struct agent *a, unsigned int node, const char *path, uint32_t mode, int fd,
	      agent_done_fn done, void *arg)
{
	struct agent_put put = {.mode = mode, .path_len = (uint32_t)strlen(path) + 1};
	struct request *r;
	struct stat st;
	int err;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = request_path(a, node, AGENT_PUT, sizeof(put), path, &err);
	if (!r)
		return err;
	memcpy(r->head, &put, sizeof(put));
	r->send.total += (uint64_t)st.st_size;
	r->in_fd = fd;
	r->done = done;
	r->arg = arg;
	return ask(a, node, r);
}

int agent_get(struct agent *a, unsigned int node, const char *path, uint64_t max, int fd,
	      agent_done_fn done, void *arg)
{
	struct agent_get get = {.max = max};
	struct request *r;
	int err;

	r = request_path(a, node, AGENT_GET, sizeof(get), path, &err);
	if (!r)
		return err;
	memcpy(r->head, &get, sizeof(get));
	r->max = max;
	r->out_fd = fd;
	r->done = done;
	r->arg = arg;
	return ask(a, node, r);
}

/* A request that says nothing else. */
static int ask_plain(struct agent *a, unsigned int node, uint8_t type, agent_done_fn done,
		     void *arg)
{
	int err = may_ask(a, node);

	return err ? err : ask(a, node, request_new(type, 0, done, arg));
}

int agent_end(struct agent *a, unsigned int node, agent_done_fn done, void *arg)
{
	return ask_plain(a, node, AGENT_END, done, arg);
}

int agent_reboot(struct agent *a, unsigned int node, agent_done_fn done, void *arg)
{
	return ask_plain(a, node, AGENT_REBOOT, done, arg);
}
