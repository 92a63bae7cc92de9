/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the hooks in upstream's files call (arch-um/patches). Laid into
 * arch/um/include/shared, so that both kernel-side and host-side files of
 * arch/um find it as <nestling.h>.
 */
#ifndef NESTLING_HOOKS_H
#define NESTLING_HOOKS_H

/*
 * End of the guest kernel's image, rounded up to a page. Guest memory starts
 * there, not at the host's program break: the break moves with address
 * randomisation and with the way the image was loaded, and guest memory must
 * look the same in every run.
 */
unsigned long nl_image_end(void);

/*
 * The descriptor of guest memory, at least len bytes long. Ends the process
 * with one line on stderr when the loader did not provide it.
 */
int nl_memory_fd(unsigned long long len);

/* Exit status of the process after a restart was asked for. */
int nl_reboot_status(void);

/* Called when the kernel has booted, before it starts init: the filter of host calls narrows. */
void nl_before_init(void);

/* The host's /proc/cpuinfo, which the loader opened. A stdio stream of the host's libc, or NULL. */
void *nl_cpuinfo(void);

/* Whether what hostfs shows can be read only, and nothing else. */
extern _Bool nl_hostfs_readonly;

/* A user or group number of the host's as hostfs is to show it. */
unsigned int nl_hostfs_id(unsigned int id);

/*
 * Directories of the host, for hostfs (hostfs_dir_user.c). A stream, or NULL and errno in *error; an
 * entry's name, which lasts until the next, with the position behind it, or NULL at the end.
 */
void *nl_dir_open(const char *path, int *error);
void nl_dir_seek(void *stream, unsigned long long pos);
char *nl_dir_read(void *stream, unsigned long long *next, unsigned long long *ino, int *len,
		  unsigned int *type);
void nl_dir_close(void *stream);

/*
 * Locks of hostfs' files, which hold for the host, too (hostfs_lock.c): what file_operations' lock and
 * flock are for. *locks is the inode's, NULL at first, and is freed with it; fd what it has open.
 */
struct file;
struct file_lock;
struct nl_hostfs_locks;
int nl_hostfs_lock(struct file *file, int cmd, struct file_lock *fl, struct nl_hostfs_locks **locks,
		   int fd, _Bool writable);
void nl_hostfs_locks_free(struct nl_hostfs_locks *locks);

/*
 * Handles of hostfs' files (hostfs_handle.c), as export_operations have them. Making one: what kind it
 * is, or FILEID_INVALID; of *st what inodes are told apart by. Reading: whether it is one, of a regular
 * file; *st is then what an inode is looked for by.
 */
struct hostfs_stat;
int nl_hostfs_handle_make(unsigned int *fh, int *words, const struct hostfs_stat *st);
_Bool nl_hostfs_handle_read(struct hostfs_stat *st, const unsigned int *fh, int words, int type);

/* Whether the dentry has a name on the host; one of the inode's that has, or NULL. */
struct dentry;
struct inode;
_Bool nl_hostfs_has_name(const struct dentry *dentry);
struct dentry *nl_hostfs_find_name(struct inode *inode);

/* Whether something is mounted on it or below, in any namespace (fs/dcache.c). */
_Bool nl_has_mounts(struct dentry *dentry);

/* Sleeps for so many microseconds of host time, or until a signal comes. */
void nl_nap_us(unsigned int us);

/* Interrupts that were noted while they were disabled (os-Linux/signal.c). */
unsigned int nl_signals_pending(void);

/* SIGABRT came to the guest kernel; mc is the host's mcontext_t (nestling/crash.c). */
void nl_crash_abort(int sig, void *mc);

/*
 * Free memory whose part of the memory map is not filled in before it is used (memmap.c). defer:
 * whether the map is left alone from this page on; settle: before free memory goes to the allocator;
 * keep: whether these free pages are kept back; kept: whether the page is one of them still; keeps:
 * whether there is one; grow: gives a block to the allocator, false when there is none; supply: before
 * an allocation, while it keeps any.
 */
_Bool nl_memmap_defer(unsigned long pfn);
void nl_memmap_settle(void);
_Bool nl_memmap_keep(unsigned long pfn, unsigned int order);
_Bool nl_memmap_kept(unsigned long pfn);
extern _Bool nl_memmap_keeps;
_Bool nl_memmap_grow(void);
void nl_memmap_supply(void);

/*
 * The page allocator has split page of this order off a block, as one of many that are wanted
 * (bulk.c). Its lock is held.
 */
#define NL_BULK_ORDER 4 /* 64 KB: what most hosts map by one fault */
#define NL_BULK_PAGES (1UL << NL_BULK_ORDER)
struct page;
void nl_bulk_split(struct page *page, unsigned int order);

/*
 * The most that a memory pool keeps in reserve that is made while the kernel boots (mm/mempool.c).
 * Some are of file systems that most guests never mount, and would have hundreds of pages for
 * ever. One element is enough to go on without memory, more are for speed.
 */
#define NL_POOL_AT_BOOT 4

/*
 * A page for a file's contents, behind or before the last one, or NULL: ask the allocator
 * (pagecache.c).
 */
struct folio;
struct folio *nl_pagecache_folio(unsigned int gfp, _Bool backwards);
/* Gives back what is left of the block that these pages come from. */
void nl_pagecache_release(void);
/* What to read around a page of a program's text that is missing. */
struct file_ra_state;
void nl_pagecache_text(struct file_ra_state *ra, unsigned long index);

/*
 * The doorbell (nestling/doorbell.c): how the switch interrupts this process without a signal.
 * Not 0: it has rung. Looked at wherever interrupts are enabled (os-Linux/signal.c).
 */
extern volatile unsigned int *nl_bell_pending;
/* Serves what it rang for. Interrupts are disabled. */
void nl_doorbell_irq(void);
/* Sleeps until a signal comes or it rings; not at all if one is pending. Interrupts are disabled. */
void nl_doorbell_sleep(void);
/*
 * The same in parts: prepare, look whether there is something to do, wait (for as long as nothing
 * came since prepare), finish.
 */
unsigned int nl_doorbell_prepare(void);
void nl_doorbell_wait(unsigned int seen);
void nl_doorbell_finish(void);
/* End of a host signal's handler: whoever is about to sleep does not. */
void nl_doorbell_signal(void);

/*
 * Kicks for the switch that wait for the end of a program's call (drivers/net/card_kern.c). Not 0:
 * there are some. Sent before guest code goes on, before another task runs or the guest idles, and
 * at the end of each host signal's handler, the timer's among them: no call is so long that they wait
 * for longer.
 */
extern unsigned int nl_kicks_waiting;
void nl_kicks_send(void);

static inline void nl_kicks_due(void)
{
	if (nl_kicks_waiting)
		nl_kicks_send();
}

/* The engine (nestling/engine/). */
struct uml_pt_regs;
struct task_struct;
struct _fpx_sw_bytes;

/* End of a host signal's handler: work that it made may concern the guest code that runs. */
void nl_engine_signal_exit(void);
/* This process is about to sleep, with no guest code that runs. */
void nl_engine_idle(void);
/* It has slept, in real time. */
void nl_engine_awake(void);
/* 0, or -EPERM for a mapping that is to lie below all programs. */
int nl_mmap_check(unsigned long addr, unsigned long flags);
/* Whether the guest kernel waits for guest code just now. */
_Bool nl_engine_in_guest(void);
/* After child's registers were copied from parent's: the FPU state goes with them. */
void nl_fp_fork(struct uml_pt_regs *child, struct uml_pt_regs *parent);
/* Whether a fork of the current address space is to copy the page at addr (engine/family.c). */
struct vm_area_struct;
_Bool nl_fork_copies(struct vm_area_struct *vma, unsigned long addr);
struct mm_struct;
/*
 * The pages of old_mm have been copied to mm: so have the patches in its text (engine/sites.c). Both are
 * locked, so that no other thread patches or takes back between the two.
 */
void nl_sites_fork(struct mm_struct *mm, struct mm_struct *old_mm);
/* After child's registers and address space were copied: what it needs at once is mapped. */
void nl_mm_fork(struct task_struct *child);
/*
 * Pages that mm mapped are about to become somebody else's: no code of it runs before
 * its stub has been told.
 */
void nl_mm_halt(struct mm_struct *mm);
/*
 * Whether a page of text has patched sites and is to be executed only; id is its address space's
 * (engine/sites.c).
 */
struct mm_id;
_Bool nl_text_hidden(struct mm_id *id, unsigned long addr);
/*
 * Somebody reads a page that is mapped in mm: where it has patched sites, its text becomes the original
 * again, and true is returned.
 */
_Bool nl_text_read(struct mm_struct *mm, unsigned long addr);
/* regs->fp is about to be replaced: a copy in a stub counts no more. */
void nl_fp_drop(struct uml_pt_regs *regs);
/* Writes the state of a fresh FPU. */
void nl_fp_clean(unsigned long *fp_regs);
/* The software-reserved bytes of frames on this host. */
const struct _fpx_sw_bytes *nl_fp_sw(void);
/* x87 and SSE state (512 bytes) of a task that does not run; setting: 0 or -EINVAL. */
void nl_fpregs_get(struct task_struct *task, void *fxsave);
int nl_fpregs_set(struct task_struct *task, const void *fxsave);

#endif
