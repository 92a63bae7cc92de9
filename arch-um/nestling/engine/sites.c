// SPDX-License-Identifier: GPL-2.0
/*
 * Patched call sites: calls without a signal.
 *
 * A `syscall` instruction of guest code traps by SIGSYS, which takes some two
 * microseconds. A site that traps often is rewritten into a jump, if it is one of
 *
 *	A	5 bytes of one instruction, syscall		b8 n n n n 0f 05
 *	B	syscall, cmp $n,%rax				0f 05 48 3d n n n n
 *	C	mov $n,%rax; syscall				48 c7 c0 n n n n 0f 05
 *
 * and lies in a private mapping of a file that is not writable: the page becomes a
 * private copy of the address space, as a debugger's breakpoint makes it. The jump
 *
 *	ff 24 25 t t t t	jmp *t
 *
 * goes through a table at a low address to the site's thunk:
 *
 *	A	the 5 bytes; mov $ip,%rcx; mov $ip,%r11; jmp nl_stub_site
 *	B	mov $ip,%rcx; mov $tail,%r11; jmp nl_stub_site
 *	  tail:	cmp $n,%rax; jmp behind the site
 *	C	the mov; mov $ip,%rcx; mov $ip,%r11; jmp nl_stub_site
 *
 * where ip is the address behind the call. The guest kernel knows only addresses of
 * the original text; nl_site_entry() says where such an address goes on in patched
 * text. A jump to the `syscall` of form A, past the 5 bytes, hits `add %eax,(%rax)`,
 * the upper half of t: with a call's number in rax that is a page fault, and the fault
 * goes on in the thunk. Where a jump into a site is to be seen in the page, the site
 * is left alone. In form C only the mov is replaced: its `syscall` stands, and traps.
 *
 * Thunks and table are shared by an address space and its forks until exec. A
 * thread that is traced patches nothing, and takes back what there is.
 *
 * Nobody is to see the jumps. A page that has some is mapped to be executed, not to be read, for
 * which the host has memory protection keys; whoever reads it all the same, the program by a fault or
 * a call of this kernel's on its behalf, makes its text the original again, and it stays that.
 *
 * Limits: on a host without protection keys a program that reads its own hot text sees the jump. One
 * that jumps from another page to the number in form A's mov, or to the cmp of form B, meets the jump's
 * bytes (in 4,604 places of form B in Debian's libraries there is no such jump).
 */
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <asm/tlbflush.h>
#include <asm/unistd.h>
#include <uapi/linux/mman.h>
#include <as-layout.h>
#include <mem_user.h>
#include <nestling.h>
#include "engine.h"

#define TRAPS_BEFORE_PATCH 12
#define NEVER UINT_MAX
#define BELOW_PROGRAMS 0x10000
#define LOWEST_PROGRAM 0x400000
#define JUMP_LEN 7
#define SITE_LEN_MAX 8
#define SITE_HASH_BITS 8
#define READ_BITS 1024

static const u8 call_insn[] = {0x0f, 0x05};
/* cmp $imm32,%rax: compilers compare with -4095 or -4096 */
static const u8 cmp_insn[] = {0x48, 0x3d};
#define CMP_LEN 6
/* libc's syscall(): mov 8(%rsp),%r9 */
static const u8 load_r9_insn[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08};
/* mov $imm32,%rax, as in the return from signal handlers of glibc and musl */
static const u8 mov_rax_insn[] = {0x48, 0xc7, 0xc0};

enum form_name {
	FORM_A,
	FORM_B,
	FORM_C
};

/* Offsets from the first byte that is replaced. */
static const struct form {
	u8 len; /* bytes that are replaced */
	u8 ip; /* behind the call */
	u8 inside; /* an instruction, not the first, that is replaced; 0: none */
	u8 thunk; /* where in the thunk that one, or the call of form C, goes on */
	u8 call;
} forms[] = {
	[FORM_A] = {.len = 7, .ip = 7, .inside = 5, .thunk = 5, .call = 5},
	[FORM_B] = {.len = 8, .ip = 2, .inside = 2, .thunk = 25, .call = 0},
	[FORM_C] = {.len = 7, .ip = 9, .inside = 0, .thunk = 7, .call = 7},
};

struct site {
	struct hlist_node node;
	unsigned long addr; /* of the first byte that is replaced */
	const struct form *form;
	u8 bytes[SITE_LEN_MAX];
};

struct nl_sites {
	refcount_t ref;
	unsigned int n;
	struct page *table;
	struct page *thunk[NL_THUNK_PAGES];
	DECLARE_HASHTABLE(by_addr, SITE_HASH_BITS);
	/* Pages that somebody reads, by hash: never patched again. */
	DECLARE_BITMAP(read, READ_BITS);
	struct site site[NL_SITES_MAX];
};

unsigned long nl_site_table;

static bool patching = true;

/* nestling.patch=0 is for comparisons, and for finding out who is to blame. */
static int __init patch_setup(char *value)
{
	return kstrtobool(value, &patching);
}
early_param("nestling.patch", patch_setup);

extern char nl_stub_base[], nl_stub_site[];

static unsigned long thunk_addr(unsigned int i)
{
	return nl_host.stub_start + NL_STUB_THUNKS + i * NL_THUNK_SIZE;
}

static const struct site *site_at(const struct nl_stub *s, unsigned long addr, bool patched)
{
	const struct nl_sites *all = s->sites;
	const struct site *site;

	hash_for_each_possible (all->by_addr, site, node, addr) {
		if (site->addr == addr && (!patched || test_bit(site - all->site, s->patched)))
			return site;
	}
	return NULL;
}

/* --- thunks ----------------------------------------------------------------- */

struct writer {
	u8 *p;
	unsigned long addr; /* where *p will be seen */
};

static void put(struct writer *w, const void *bytes, unsigned int n)
{
	memcpy(w->p, bytes, n);
	w->p += n;
	w->addr += n;
}

static void put_mov(struct writer *w, u8 rex, u8 opcode, u64 value)
{
	const u8 op[] = {rex, opcode};

	put(w, op, sizeof(op));
	put(w, &value, sizeof(value));
}

static void put_jump_site(struct writer *w)
{
	const u8 op = 0xe9;
	s32 rel = nl_host.stub_start + (nl_stub_site - nl_stub_base) - (w->addr + 5);

	put(w, &op, 1);
	put(w, &rel, sizeof(rel));
}

static void put_jump_to(struct writer *w, u64 to)
{
	/* Aligned, for programs that have set the alignment check flag. */
	const u8 pad = -(w->addr + 6) & 7;
	const u8 op[6 + 7] = {0xff, 0x25, pad}; /* jmp *pad(%rip) */

	put(w, op, 6 + pad);
	put(w, &to, sizeof(to));
}

#define PUT_MOV_RCX(w, v) put_mov(w, 0x48, 0xb9, v)
#define PUT_MOV_R11(w, v) put_mov(w, 0x49, 0xbb, v)

static void thunk_write(const struct nl_sites *all, unsigned int i)
{
	const struct site *site = &all->site[i];
	unsigned int per_page = NL_PAGE / NL_THUNK_SIZE;
	u8 *page = page_address(all->thunk[i / per_page]);
	struct writer w = {page + i % per_page * NL_THUNK_SIZE, thunk_addr(i)};
	const struct form *form = site->form;
	unsigned long ip = site->addr + form->ip;

	if (form == &forms[FORM_B]) {
		PUT_MOV_RCX(&w, ip);
		PUT_MOV_R11(&w, thunk_addr(i) + form->thunk);
		put_jump_site(&w);
		put(&w, site->bytes + form->inside, CMP_LEN);
		put_jump_to(&w, site->addr + form->len);
	} else {
		put(&w, site->bytes, form->thunk);
		PUT_MOV_RCX(&w, ip);
		PUT_MOV_R11(&w, ip);
		put_jump_site(&w);
	}
	((u64 *)page_address(all->table))[i] = thunk_addr(i);
}

/* --- the set ------------------------------------------------------------------ */

static struct nl_sites *sites_new(void)
{
	struct nl_sites *all = kzalloc(sizeof(*all), GFP_KERNEL);

	if (!all)
		return NULL;
	all->table = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!all->table) {
		kfree(all);
		return NULL;
	}
	refcount_set(&all->ref, 1);
	hash_init(all->by_addr);
	return all;
}

void nl_sites_put(struct nl_stub *s)
{
	struct nl_sites *all = s->sites;
	int i;

	s->sites = NULL;
	s->thunk_pages = 0;
	s->npatched = 0;
	bitmap_zero(s->patched, NL_SITES_MAX);
	bitmap_zero(s->patched_pages, NL_TEXT_BITS);
	memset(s->counter, 0, sizeof(s->counter));
	if (!all || !refcount_dec_and_test(&all->ref))
		return;
	for (i = 0; i < NL_THUNK_PAGES; i++)
		if (all->thunk[i])
			__free_page(all->thunk[i]);
	__free_page(all->table);
	kfree(all);
}

static void map_page(struct nl_stub *s, unsigned long addr, struct page *page, int prot)
{
	unsigned long long offset;
	int fd = phys_mapping(page_to_phys(page), &offset);

	nl_mm_queue(s, __NR_mmap, addr, addr, NL_PAGE, prot, MAP_SHARED | MAP_FIXED, fd, offset);
}

void nl_sites_unmap(struct nl_stub *s)
{
	if (s->thunk_pages)
		nl_mm_queue(s, __NR_munmap, 0, thunk_addr(0), s->thunk_pages * NL_PAGE, 0, 0, 0, 0);
}

/* Maps what the stub has not yet of table and thunks. */
static void sites_map(struct nl_stub *s)
{
	const struct nl_sites *all = s->sites;
	unsigned int i = s->thunk_pages;

	if (!i)
		map_page(s, nl_site_table, all->table, PROT_READ);
	for (; i < NL_THUNK_PAGES && all->thunk[i]; i++)
		map_page(s, thunk_addr(0) + i * NL_PAGE, all->thunk[i], PROT_READ | PROT_EXEC);
	s->thunk_pages = i;
}

void nl_sites_fork(struct mm_struct *mm, struct mm_struct *old_mm)
{
	const struct nl_stub *parent = old_mm->context.id.stub;
	struct nl_stub *child = mm->context.id.stub;

	if (!parent || !parent->sites)
		return;
	child->sites = parent->sites;
	refcount_inc(&child->sites->ref);
	if (!parent->npatched)
		return;
	bitmap_copy(child->patched, parent->patched, NL_SITES_MAX);
	bitmap_copy(child->patched_pages, parent->patched_pages, NL_TEXT_BITS);
	child->npatched = parent->npatched;
	sites_map(child);
}

/* The site's index, made anew if there is none with these bytes; negative: no room. */
static int sites_add(struct nl_stub *s, const struct site *want)
{
	const struct site *old;
	struct nl_sites *all;
	struct site *site;
	unsigned int page;

	if (!s->sites)
		s->sites = sites_new();
	all = s->sites;
	if (!all)
		return -ENOMEM;
	old = site_at(s, want->addr, false);
	if (old)
		return old->form == want->form && !memcmp(old->bytes, want->bytes, want->form->len)
			       ? old - all->site
			       : -EEXIST;
	if (all->n == NL_SITES_MAX)
		return -ENOSPC;
	page = all->n / (NL_PAGE / NL_THUNK_SIZE);
	if (!all->thunk[page])
		all->thunk[page] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!all->thunk[page])
		return -ENOMEM;
	site = &all->site[all->n];
	site->addr = want->addr;
	site->form = want->form;
	memcpy(site->bytes, want->bytes, want->form->len);
	hash_add(all->by_addr, &site->node, site->addr);
	thunk_write(all, all->n);
	return all->n++;
}

/* --- jumps ------------------------------------------------------------------------- */

static void jump_write(u8 *to, unsigned int index)
{
	u32 slot = nl_site_table + index * sizeof(u64);

	to[0] = 0xff;
	to[1] = 0x24;
	to[2] = 0x25;
	put_unaligned_le32(slot, to + 3);
}

/*
 * Whether the jump of a site that was patched is still there, from its byte first on. A
 * program may have put something else in its place, or may have thrown the private copy of
 * the page away.
 */
static bool jump_stands(const struct nl_stub *s, struct mm_struct *mm, const struct site *site,
			unsigned int first)
{
	pte_t *pte = virt_to_pte(mm, site->addr);
	u8 jump[JUMP_LEN];

	if (!pte || pte_none(*pte))
		return false;
	if (!pte_present(*pte))
		return true; /* swapped out: private, and so ours */
	jump_write(jump, site - s->sites->site);
	return !memcmp(page_address(pte_page(*pte)) + offset_in_page(site->addr) + first,
		       jump + first, JUMP_LEN - first);
}

/* --- who may read ---------------------------------------------------------------- */

static unsigned int page_bit(unsigned long addr, unsigned int bits)
{
	return hash_long(addr >> PAGE_SHIFT, ilog2(bits));
}

/* Whether a page has jumps; addr is anywhere in it. */
static bool has_jumps(const struct nl_stub *s, struct mm_struct *mm, unsigned long addr)
{
	const struct site *site;
	unsigned int i;

	if (!s->npatched || !test_bit(page_bit(addr, NL_TEXT_BITS), s->patched_pages))
		return false;
	for_each_set_bit (i, s->patched, s->sites->n) {
		site = &s->sites->site[i];
		if ((site->addr ^ addr) < NL_PAGE && jump_stands(s, mm, site, 0))
			return true;
	}
	return false;
}

bool nl_text_hidden(struct mm_id *id, unsigned long addr)
{
	struct mm_struct *mm = container_of(id, struct mm_struct, context.id);

	return id->stub && has_jumps(id->stub, mm, addr);
}

/* The stub's mapping is to become what nl_text_hidden() says now. */
static void protect_anew(struct mm_struct *mm, unsigned long addr)
{
	pte_t *pte = virt_to_pte(mm, addr);

	if (!pte || !pte_present(*pte))
		return;
	*pte = pte_mknewprot(*pte);
	um_tlb_mark_sync(mm, addr & PAGE_MASK, (addr & PAGE_MASK) + NL_PAGE);
}

/* --- finding and patching --------------------------------------------------------- */

/* A jump of one byte's reach; it is no further from its target than that. */
static bool has_short_jump_to(const u8 *page, int target)
{
	int i, last = min(target - 2 - S8_MIN, (int)NL_PAGE - 2);

	for (i = max(target - 2 - S8_MAX, 0); i <= last; i++) {
		u8 op = page[i];

		if ((op == 0xeb || (op & 0xf0) == 0x70 || (op & 0xfc) == 0xe0) &&
		    i + 2 + (s8)page[i + 1] == target)
			return true;
	}
	return false;
}

/*
 * Whether a jump in the page goes to the instruction at offset target. Of a far one the distance is
 * looked for first, which is at most places not there; it is the last of the instruction.
 */
static bool has_jump_to(const u8 *page, unsigned int target)
{
	unsigned int i;

	for (i = 1; i + 4 <= NL_PAGE; i++) {
		if (likely(get_unaligned_le32(&page[i]) != target - (i + 4)))
			continue;
		if (page[i - 1] == 0xe9 || page[i - 1] == 0xe8)
			return true;
		if (i >= 2 && page[i - 2] == 0x0f && (page[i - 1] & 0xf0) == 0x80)
			return true;
	}
	return has_short_jump_to(page, target);
}

/*
 * 5 bytes before the call that are one instruction: mov $n,%eax, if rax is what it
 * would be, and not the end of a longer instruction; or libc's load of the sixth
 * argument.
 */
static bool looks_like_a(const u8 *page, unsigned int call, unsigned long ax)
{
	const u8 *b = page + call - forms[FORM_A].call;

	if (call < forms[FORM_A].call + 1)
		return false;
	if (!memcmp(b, load_r9_insn, sizeof(load_r9_insn)))
		return true;
	return b[0] == 0xb8 && (b[-1] & 0xf0) != 0x40 && get_unaligned_le32(b + 1) == ax;
}

static bool looks_like_b(const u8 *page, unsigned int call)
{
	const struct form *b = &forms[FORM_B];

	return call + b->len <= NL_PAGE &&
	       !memcmp(page + call + b->inside, cmp_insn, sizeof(cmp_insn)) &&
	       !has_jump_to(page, call + b->inside);
}

/* The call's number before it tells that this is no end of a longer instruction. */
static bool looks_like_c(const u8 *page, unsigned int call, unsigned long ax)
{
	const u8 *b = page + call - forms[FORM_C].call;

	return call >= forms[FORM_C].call && !memcmp(b, mov_rax_insn, sizeof(mov_rax_insn)) &&
	       get_unaligned_le32(b + sizeof(mov_rax_insn)) == ax;
}

/* Fills in what can be patched around the call at offset of page. */
static bool site_find(const u8 *page, unsigned int call, unsigned long ax, struct site *site)
{
	if (looks_like_a(page, call, ax) && !has_jump_to(page, call))
		site->form = &forms[FORM_A];
	else if (looks_like_c(page, call, ax))
		site->form = &forms[FORM_C];
	else if (looks_like_b(page, call))
		site->form = &forms[FORM_B];
	else
		return false;
	site->addr -= site->form->call;
	memcpy(site->bytes, page + call - site->form->call, site->form->len);
	return true;
}

/* Text that cannot change under us: a file's, private, not writable. */
static bool is_text(const struct vm_area_struct *vma, unsigned long addr)
{
	return vma && vma->vm_start <= addr && vma->vm_file && (vma->vm_flags & VM_EXEC) &&
	       !(vma->vm_flags & (VM_WRITE | VM_SHARED | VM_MAYSHARE));
}

/* The page at addr, private and to be written; the caller holds the lock on mappings. */
static struct page *page_to_write(struct nl_stub *s, unsigned long addr)
{
	struct page *page;
	long n;

	s->patcher = current;
	n = get_user_pages_remote(current->mm, addr, 1, FOLL_WRITE | FOLL_FORCE, &page, NULL);
	s->patcher = NULL;
	return n == 1 ? page : NULL;
}

static void page_written(struct page *page)
{
	set_page_dirty_lock(page);
	put_page(page);
}

/* Patches the call at addr with the lock held. False: this site will never do. */
static bool site_patch(struct nl_stub *s, unsigned long addr, unsigned long ax)
{
	unsigned int call = offset_in_page(addr);
	struct site site = {.addr = addr};
	struct page *page;
	int i;

	if (call + sizeof(call_insn) > NL_PAGE || !is_text(find_vma(current->mm, addr), addr))
		return false;
	if (s->sites && test_bit(page_bit(addr, READ_BITS), s->sites->read))
		return false;
	page = page_to_write(s, addr);
	if (!page)
		return false;
	i = -EINVAL;
	if (!memcmp(page_address(page) + call, call_insn, sizeof(call_insn)) &&
	    site_find(page_address(page), call, ax, &site))
		i = sites_add(s, &site);
	if (i >= 0) {
		jump_write(page_address(page) + offset_in_page(site.addr), i);
		if (!__test_and_set_bit(i, s->patched))
			s->npatched++;
		__set_bit(page_bit(addr, NL_TEXT_BITS), s->patched_pages);
		protect_anew(current->mm, addr);
		sites_map(s);
	}
	page_written(page);
	return i >= 0;
}

void nl_site_trapped(struct nl_stub *s, unsigned long ip, unsigned long ax)
{
	unsigned int h = (ip ^ (ip >> 7)) % NL_SITE_COUNTERS;

	if (s->counter[h].ip != ip) {
		s->counter[h].ip = ip;
		s->counter[h].traps = 0;
	}
	if (s->counter[h].traps == NEVER || ++s->counter[h].traps < TRAPS_BEFORE_PATCH)
		return;
	s->counter[h].traps = NEVER;
	if (!patching || !nl_site_table || current->ptrace || (u32)ax != ax)
		return;
	if (mmap_read_lock_killable(current->mm))
		return;
	/* A program can throw its patched page away: a guest kernel does it with its text (trim.c). */
	if (site_patch(s, ip - sizeof(call_insn), ax))
		s->counter[h].traps = 0;
	mmap_read_unlock(current->mm);
}

/* The bytes are put back only where the jump still stands. */
static void site_restore(const struct site *site, unsigned int i, void *page)
{
	u8 *at = page + offset_in_page(site->addr);
	u8 jump[JUMP_LEN];

	jump_write(jump, i);
	if (!memcmp(at, jump, JUMP_LEN))
		memcpy(at, site->bytes, site->form->len);
}

static void site_unpatch(struct nl_stub *s, unsigned int i)
{
	const struct site *site = &s->sites->site[i];
	struct page *page;

	if (is_text(find_vma(current->mm, site->addr), site->addr)) {
		page = page_to_write(s, site->addr);
		if (page) {
			site_restore(site, i, page_address(page));
			page_written(page);
		}
	}
	__clear_bit(i, s->patched);
	s->npatched--;
	protect_anew(current->mm, site->addr);
}

void nl_site_undo(struct nl_stub *s, unsigned long from, unsigned long len)
{
	bool undone = false;
	unsigned int i;

	mmap_read_lock(current->mm);
	for_each_set_bit (i, s->patched, s->sites->n) {
		const struct site *site = &s->sites->site[i];

		if (site->addr + site->form->len <= from || site->addr - from >= len)
			continue;
		site_unpatch(s, i);
		undone = true;
	}
	mmap_read_unlock(current->mm);
	if (undone)
		memset(s->counter, 0, sizeof(s->counter));
}

/*
 * A page is shared after a fork. Putting its bytes back is right for the relatives, too: they find that
 * their jumps do not stand any more. Nothing of this sleeps, for the page table's lock may be held.
 */
bool nl_text_read(struct mm_struct *mm, unsigned long addr)
{
	struct nl_stub *s = mm ? mm->context.id.stub : NULL;
	struct page *page;
	unsigned int i;
	pte_t *pte;

	if (!s || s->patcher == current || !has_jumps(s, mm, addr))
		return false;
	pte = virt_to_pte(mm, addr);
	if (!pte || !pte_present(*pte))
		return false;
	page = pte_page(*pte);
	for_each_set_bit (i, s->patched, s->sites->n) {
		if ((s->sites->site[i].addr ^ addr) >= NL_PAGE)
			continue;
		site_restore(&s->sites->site[i], i, page_address(page));
		__clear_bit(i, s->patched);
		s->npatched--;
	}
	set_page_dirty(page);
	__set_bit(page_bit(addr, READ_BITS), s->sites->read);
	protect_anew(mm, addr);
	return true;
}

bool nl_text_fault(struct nl_stub *s, unsigned long addr)
{
	if (!s->sites || !test_bit(page_bit(addr, NL_TEXT_BITS), s->patched_pages))
		return false;
	/* A relative may have read it before, which makes the bytes right, and not this stub's mapping. */
	if (!nl_text_read(current->mm, addr))
		protect_anew(current->mm, addr);
	return true;
}

/* --- addresses --------------------------------------------------------------------- */

/* The site that has an instruction of the program, not its first, at addr. */
static const struct site *site_inside(const struct nl_stub *s, unsigned long addr,
				      const struct form *form)
{
	const struct site *site = site_at(s, addr - form->inside, true);

	return site && site->form == form && jump_stands(s, current->mm, site, form->inside) ? site
											     : NULL;
}

unsigned long nl_site_entry(const struct nl_stub *s, unsigned long ip, bool stepping)
{
	const struct site *site;

	if (!s->npatched)
		return ip;
	site = site_inside(s, ip, &forms[FORM_A]) ?: site_inside(s, ip, &forms[FORM_B]);
	if (site)
		return thunk_addr(site - s->sites->site) + site->form->thunk;
	/* The jump itself must not count as a step of the program. */
	site = stepping ? site_at(s, ip, true) : NULL;
	return site && jump_stands(s, current->mm, site, 0) ? thunk_addr(site - s->sites->site)
							    : ip;
}

bool nl_site_canonical(const struct nl_stub *s, unsigned long ip, unsigned long *canonical)
{
	unsigned int i = (ip - thunk_addr(0)) / NL_THUNK_SIZE;
	unsigned int at = (ip - thunk_addr(0)) % NL_THUNK_SIZE;
	const struct site *site;

	if (!s->sites || i >= s->sites->n)
		return false;
	site = &s->sites->site[i];
	if (at == 0)
		*canonical = site->addr;
	else if (at == site->form->thunk)
		*canonical = site->addr + (site->form->inside ?: site->form->call);
	else if (at == forms[FORM_B].thunk + CMP_LEN && site->form == &forms[FORM_B])
		*canonical = site->addr + site->form->len;
	else
		return false;
	return true;
}

bool nl_site_rewind(const struct nl_stub *s, unsigned long ip, unsigned long *canonical)
{
	unsigned int i = (ip - thunk_addr(0)) / NL_THUNK_SIZE;

	if (nl_site_canonical(s, ip, canonical))
		return true;
	if (!s->sites || i >= s->sites->n)
		return false;
	*canonical = s->sites->site[i].addr + s->sites->site[i].form->call;
	return true;
}

/*
 * The table takes the lowest page that the host lets a process map, and guest programs
 * begin behind it: as on the host, the lowest 64 KB or so are nobody's. Root's neither:
 * unmap() leaves them alone.
 */
static unsigned long lowest; /* that a program may map */

int nl_mmap_check(unsigned long addr, unsigned long flags)
{
	return (flags & MAP_FIXED) && addr < lowest ? -EPERM : 0;
}

static int __init sites_init(void)
{
	unsigned long end = nl_host.low + BELOW_PROGRAMS;

	if (end > LOWEST_PROGRAM)
		return 0; /* no room: no patches */
	nl_site_table = nl_host.low;
	lowest = end;
	dac_mmap_min_addr = max(dac_mmap_min_addr, end);
	mmap_min_addr = max(mmap_min_addr, end);
	return 0;
}
late_initcall(sites_init);
