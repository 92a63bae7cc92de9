/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The work of work.inc for a PC without a system: the first sector of a floppy disk, which loads the
 * second and what follows, goes to 32 bits (Intel SDM vol. 3, "Mode switching") and says what it
 * says to the first serial port.
 */
	.set	LOADED, 0x7c00
	.set	number, 0x9000		/* memory behind what is loaded */
	.set	float, 0x9008
	.set	STACK, 0x9ff0
	.set	SERIAL, 0x3f8

	.code16
	.globl	_start
	.text
_start:
	ljmp	$0, $1f
1:	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$STACK, %sp
	mov	$0x0202, %ax		/* read two sectors of the disk that dl names */
	mov	$LOADED + 512, %bx
	mov	$0x0002, %cx
	xor	%dh, %dh
	int	$0x13
	cli
	lgdt	table_at
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmp	$8, $protected

	.balign	8
table:	.quad	0
	.quad	0x00cf9a000000ffff	/* code: 4 GiB from 0 */
	.quad	0x00cf92000000ffff	/* data */
table_at:
	.word	. - table - 1
	.long	table

	.org	510
	.word	0xaa55
	.code32
protected:
	mov	$16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$STACK, %esp
	mov	$SERIAL + 3, %dx
	mov	$3, %al			/* eight bits to a byte */
	out	%al, %dx
	call	work
2:	hlt
	jmp	2b

/* To the first serial port, when it has room (16550: line status, bit 5). */
put:	push	%edx
	push	%eax
	mov	$SERIAL + 5, %dx
3:	in	%dx, %al
	test	$0x20, %al
	jz	3b
	pop	%eax
	mov	$SERIAL, %dx
	out	%al, %dx
	pop	%edx
	ret

#include "work.inc"

	.org	1440 * 1024		/* a whole floppy disk */
	.section .note.GNU-stack, "", @progbits
