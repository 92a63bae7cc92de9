/* SPDX-License-Identifier: GPL-2.0 */
/* The work of work.inc as a program for Linux, x86-64, that needs no library. */
	.code64
	.globl	_start
	.text
_start:
	call	work
	mov	$60, %eax		/* exit */
	xor	%edi, %edi
	syscall

put:
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r11
	mov	%al, letter
	mov	$1, %eax		/* write */
	mov	$1, %edi
	mov	$letter, %esi
	mov	$1, %edx
	syscall
	pop	%r11
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	ret

#include "work.inc"

	.bss
letter:	.skip	4
number:	.skip	4
float:	.skip	16
	.section .note.GNU-stack, "", @progbits
