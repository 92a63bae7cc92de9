// SPDX-License-Identifier: GPL-2.0
/*
 * Filling memory ahead of its first touch.
 *
 * A page fault costs the engine several times what it costs natively, the same for one
 * page as for sixteen that lie together in guest memory. So when a program writes to
 * anonymous memory for the first time, page by page, the pages that come next are
 * made along with the one that is wanted, from one block, which is one mapping on the
 * host.
 *
 * How many: as many as the pages in use right before (or, going down as stacks do,
 * right behind), up to FILL_MAX. A program that touches memory here and there gets
 * what it touches, and at most as many pages again. Small mappings begin with FILL_MIN.
 *
 * Likewise the data of a program or a library, if they are small, are copied as a whole when one of
 * their pages is written to: the dynamic linker writes to nearly all of them.
 *
 * Whatever is unusual (userfaultfd, mlock, random access told by madvise, a full cgroup,
 * memory that is short) is left to the ordinary way, one page at a time. Pages are
 * charged and counted as the ordinary way does.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/oom.h>
#include <linux/pagemap.h>
#include <linux/perf_event.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/swap.h>
#include <linux/userfaultfd_k.h>
#include <linux/vmstat.h>
#include <asm/tlbflush.h>
#include "bulk.h"
#include "engine.h"

#define FILL_MAX 128
#define FILL_MIN 4
#define FILL_SMALL (256 * 1024) /* bytes of a mapping that begins with FILL_MIN */
#define DATA_MAX 16 /* pages of data that are copied as a whole */
#define FILL_GFP ((GFP_HIGHUSER_MOVABLE & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN)

/* Part of one page table that belongs to one mapping. */
struct fill {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	pte_t *table; /* entry of low */
	unsigned long low, high; /* addresses between which may be filled */
	unsigned long addr; /* first page to fill */
	unsigned int pages;
	bool down; /* what is wanted is the last page, not the first */
};

static bool is_usual(struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_WRITE | VM_LOCKED | VM_RAND_READ | VM_SHARED)) == VM_WRITE &&
	       !userfaultfd_armed(vma);
}

/*
 * A program's data lie behind what is only read of the same file. Of other files a page that was not
 * written to follows what becomes of the file, in Linux, so it is not copied before.
 */
static bool is_data(struct vm_area_struct *vma)
{
	struct vm_area_struct *below;

	if (vma_pages(vma) > DATA_MAX || !vma->vm_ops || vma->vm_ops->fault != filemap_fault ||
	    vma->vm_ops->map_pages != filemap_map_pages || IS_DAX(file_inode(vma->vm_file)))
		return false;
	below = vma_lookup(vma->vm_mm, vma->vm_start - 1);
	return below && below->vm_file && file_inode(below->vm_file) == file_inode(vma->vm_file) &&
	       !(below->vm_flags & (VM_WRITE | VM_SHARED));
}

static bool vma_fits(struct vm_area_struct *vma)
{
	if (!is_usual(vma))
		return false;
	if (vma_is_anonymous(vma))
		return vma->anon_vma;
	return is_data(vma) && anon_vma_prepare(vma) == 0;
}

/* With a page table, which is made if there is none yet. */
static pmd_t *pmd_with_table(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_alloc(mm, pgd_offset(mm, addr), addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;
	pmd_t *pmd = pud ? pmd_alloc(mm, pud, addr) : NULL;

	return pmd && pte_alloc(mm, pmd) == 0 ? pmd : NULL;
}

static pte_t *entry(const struct fill *f, unsigned long addr)
{
	return f->table + ((addr - f->low) >> PAGE_SHIFT);
}

/* Pages in use from addr on, step by step. */
static unsigned int run_used(const struct fill *f, unsigned long addr, long step)
{
	unsigned int n = 0;

	while (n < FILL_MAX && addr >= f->low && addr < f->high && pte_present(*entry(f, addr))) {
		addr += step;
		n++;
	}
	return n;
}

/* Pages that were never touched, from addr on, at most max. */
static unsigned int run_none(const struct fill *f, unsigned long addr, long step, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && addr >= f->low && addr < f->high && pte_none(*entry(f, addr))) {
		addr += step;
		n++;
	}
	return n;
}

/* Decides what to fill around addr, which is among it. */
static void choose(struct fill *f, unsigned long addr)
{
	unsigned int before = run_used(f, addr - PAGE_SIZE, -(long)PAGE_SIZE);
	unsigned int behind = before ? 0 : run_used(f, addr + PAGE_SIZE, PAGE_SIZE);
	bool small = f->vma->vm_end - f->vma->vm_start <= FILL_SMALL;
	unsigned int want = max3(before, behind, small ? FILL_MIN : 1U);
	unsigned int n;

	if (behind) {
		n = run_none(f, addr, -(long)PAGE_SIZE, want);
		f->pages = n ? rounddown_pow_of_two(n) : 0;
		f->addr = addr - (f->pages - 1) * PAGE_SIZE;
		f->down = true;
	} else {
		n = run_none(f, addr, PAGE_SIZE, want);
		f->pages = n ? rounddown_pow_of_two(n) : 0;
		f->addr = addr;
	}
}

/* All pages around addr that were not touched. */
static void choose_data(struct fill *f, unsigned long addr)
{
	unsigned int before = run_none(f, addr - PAGE_SIZE, -(long)PAGE_SIZE, DATA_MAX);

	f->addr = addr - before * PAGE_SIZE;
	f->pages = before + run_none(f, addr, PAGE_SIZE, DATA_MAX);
}

static void install(const struct fill *f, struct page *page, unsigned long addr)
{
	struct folio *folio = page_folio(page);
	pte_t pte = mk_pte(page, f->vma->vm_page_prot);

	__folio_mark_uptodate(folio);
	inc_mm_counter(f->mm, MM_ANONPAGES);
	folio_add_new_anon_rmap(folio, f->vma, addr, RMAP_EXCLUSIVE);
	folio_add_lru_vma(folio, f->vma);
	set_pte_at(f->mm, addr, entry(f, addr), pte_mkwrite(pte_mkyoung(pte_mkdirty(pte)), f->vma));
}

/* For all that is to be filled; for less where memory is in small pieces. NULL: not even for two pages. */
static struct page *block_for(struct fill *f)
{
	struct page *block;

	for (; f->pages > 1; f->pages /= 2) {
		block = alloc_pages(FILL_GFP, ilog2(f->pages));
		if (block)
			return block;
		if (f->down)
			f->addr += f->pages / 2 * PAGE_SIZE;
	}
	return NULL;
}

/* Nothing here sleeps: the page table's lock is held. */
static bool fill(struct fill *f)
{
	struct page *block = block_for(f);
	unsigned int i;
	bool clear;

	if (!block)
		return false;
	clear = nl_bulk_fill(block, ilog2(f->pages));
	split_page(block, ilog2(f->pages));
	for (i = 0; i < f->pages; i++)
		if (mem_cgroup_charge(page_folio(block + i), f->mm, FILL_GFP))
			goto give_back;
	for (i = 0; i < f->pages; i++) {
		if (!clear)
			clear_page(page_address(block + i));
		install(f, block + i, f->addr + i * PAGE_SIZE);
	}
	return true;
give_back:
	for (i = 0; i < f->pages; i++)
		__free_page(block + i);
	return false;
}

/* Copies what the page cache has for addr. */
static bool copy_of_file(struct vm_area_struct *vma, unsigned long addr, struct page *to)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	pgoff_t index = linear_page_index(vma, addr);
	bool good = index < DIV_ROUND_UP(i_size_read(mapping->host), PAGE_SIZE);
	struct folio *folio;

	folio = good ? filemap_get_folio(mapping, index) : NULL;
	if (IS_ERR_OR_NULL(folio))
		return false;
	good = folio_trylock(folio);
	if (good) {
		good = folio->mapping == mapping && folio_test_uptodate(folio);
		if (good)
			copy_page(page_address(to), page_address(folio_file_page(folio, index)));
		folio_unlock(folio);
	}
	folio_put(folio);
	return good;
}

/* Pages that are not in the page cache are left out. Whether the wanted one is none of them. */
static bool fill_data(const struct fill *f, unsigned long wanted)
{
	unsigned int order = get_order(f->pages * PAGE_SIZE), i;
	struct page *block = alloc_pages(FILL_GFP, order);
	bool done = false;

	if (!block)
		return false;
	split_page(block, order);
	for (i = 0; i < 1U << order; i++) {
		unsigned long addr = f->addr + i * PAGE_SIZE;

		if (i >= f->pages || !copy_of_file(f->vma, addr, block + i) ||
		    mem_cgroup_charge(page_folio(block + i), f->mm, FILL_GFP)) {
			__free_page(block + i);
			continue;
		}
		install(f, block + i, addr);
		done |= addr == wanted;
	}
	return done;
}

static bool fill_vma(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long addr)
{
	struct fill f = {
		.mm = mm,
		.vma = vma,
		.low = max(vma->vm_start, addr & PMD_MASK),
		.high = min(vma->vm_end, (addr & PMD_MASK) + PMD_SIZE),
	};
	pmd_t *pmd = pmd_with_table(mm, addr);
	bool anon = vma_is_anonymous(vma), done = false;
	spinlock_t *ptl;

	if (!pmd)
		return false;
	f.table = pte_offset_map_lock(mm, pmd, f.low, &ptl);
	if (!f.table)
		return false;
	if (anon)
		choose(&f, addr);
	else
		choose_data(&f, addr);
	if (f.pages > 1 && !check_stable_address_space(mm))
		done = anon ? fill(&f) : fill_data(&f, addr);
	pte_unmap_unlock(f.table, ptl);
	return done;
}

bool nl_fill_around(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	bool done = false;

	addr &= PAGE_MASK;
	if (!mmap_read_trylock(mm))
		return false;
	vma = vma_lookup(mm, addr);
	if (vma && vma_fits(vma))
		done = fill_vma(mm, vma, addr);
	if (done) {
		count_vm_event(PGFAULT);
		count_memcg_event_mm(mm, PGFAULT);
		current->min_flt++;
		perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, current_pt_regs(), addr);
		perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS_MIN, 1, current_pt_regs(), addr);
	}
	mmap_read_unlock(mm);
	return done;
}
