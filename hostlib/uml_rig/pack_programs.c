// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of a packed rig: the front, this uml_rig with its libraries and ld.so, and `linux`.
 *
 * Which libraries it needs is not looked up: they are those that are loaded now, in the order in which
 * their symbols are found.
 */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "libraries.h"
#include "log.h"
#include "pack.h"

#define BIN "bin/"
#define LIB "lib/"

/* The front, as the build made it (hostlib/packed). */
__asm__(".section .rodata\n"
	"pack_front_start:\n"
	".incbin \"" FRONT_FILE "\"\n"
	"pack_front_end:\n"
	".balign 8\n"
	"pack_front_size: .quad pack_front_end - pack_front_start\n"
	".previous\n");
extern const char pack_front_start[];
extern const uint64_t pack_front_size;

static int add_front(struct pack_list *l)
{
	struct pack_item *i = pack_add(l, BUNDLE_FRONT, BIN "front");

	if (!i) {
		log_err("out of memory");
		return -ENOMEM;
	}
	i->data = pack_front_start;
	i->size = pack_front_size;
	return 0;
}

/* The end of what the host loads of an ELF file: what is behind it is for debuggers. */
static uint64_t loaded_end(const void *data, uint64_t size)
{
	const Elf64_Ehdr *e = data;
	const Elf64_Phdr *p;
	uint64_t end = sizeof(*e);

	if (size < sizeof(*e) || e->e_phoff > size || e->e_phnum > (size - e->e_phoff) / sizeof(*p))
		return size;
	p = (const Elf64_Phdr *)((const char *)data + e->e_phoff);
	for (unsigned int i = 0; i < e->e_phnum; i++)
		if (p[i].p_filesz <= size && p[i].p_offset <= size - p[i].p_filesz &&
		    p[i].p_offset + p[i].p_filesz > end)
			end = p[i].p_offset + p[i].p_filesz;
	return end;
}

/* This program, without what is for debuggers. */
static int add_self(struct pack_list *l)
{
	int err = pack_add_file(l, BUNDLE_PROGRAM, BIN "uml_rig", "/proc/self/exe");
	struct pack_item *i;
	Elf64_Ehdr *e;

	if (err)
		return err;
	i = &l->item[l->count - 1];
	i->mode = 0755;
	i->text = malloc(i->size);
	if (!i->text) {
		log_err("out of memory");
		return -ENOMEM;
	}
	memcpy(i->text, i->map, i->size);
	i->data = i->text;
	i->size = loaded_end(i->text, i->size);
	e = (Elf64_Ehdr *)i->text;
	e->e_shoff = e->e_shnum = e->e_shstrndx = 0;
	return 0;
}

static int add_library(void *arg, const char *path, bool loader)
{
	struct pack_list *l = arg;
	char name[PATH_MAX];
	int err;

	snprintf(name, sizeof(name), LIB "%s", strrchr(path, '/') + 1);
	err = pack_add_file(l, loader ? BUNDLE_LOADER : BUNDLE_LIBRARY, name, path);
	if (!err)
		l->item[l->count - 1].mode = 0755;
	return err;
}

static int add_linux(const struct context *c, struct pack_list *l)
{
	char path[PATH_MAX];
	int err = find_linux(c, path, sizeof(path));

	if (!err)
		err = pack_add_file(l, BUNDLE_LINUX, BIN "linux", path);
	if (!err)
		l->item[l->count - 1].mode = 0755;
	return err;
}

int pack_programs(const struct context *c, struct pack_list *l)
{
	int err = add_front(l);

	if (!err)
		err = add_self(l);
	if (!err)
		err = libraries_each(add_library, l);
	return err ? err : add_linux(c, l);
}
