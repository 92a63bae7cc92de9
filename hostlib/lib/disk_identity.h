/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Content identity: a hash of a whole disk image that does not depend on how
 * the file is stored (sparse or not, copied or moved, on which file system).
 *
 * COW_IDENTITY_SHA256_CHUNKS: the image is cut into chunks of 1 MiB. The digest
 * is the SHA-256 of, for each chunk that is not all zeros, in order, its index
 * (8 bytes, big-endian) and its SHA-256; then the image's size (8 bytes,
 * big-endian). Holes need neither be read nor hashed: an image of 4 TiB with
 * 1 GiB of data costs 1 GiB.
 */
#ifndef NESTLING_DISK_IDENTITY_H
#define NESTLING_DISK_IDENTITY_H

#include <stdint.h>

#include "disk.h"

/*
 * Computes the digest of size bytes of fd from offset on. Calls progress (if not
 * NULL) after each chunk. 0, -EINTR (progress said so), or -errno; -EIO when the
 * file is shorter.
 */
int disk_identity_compute(int fd, uint64_t offset, uint64_t size, disk_progress_fn progress,
			  void *user, uint8_t digest[static COW_DIGEST_LEN]);

#endif
