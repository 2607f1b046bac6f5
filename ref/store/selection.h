/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Which entry of an alias is used, and why the others are not: a pure function of what was read,
 * what is wanted and the time. The command that lists entries tells people the same verdicts. */
#ifndef REF_STORE_SELECTION_H
#define REF_STORE_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"

enum store_verdict {
	STORE_CHOSEN,        /* newest notAfter of those that will do */
	STORE_SPARE,         /* would do as well, an older one */
	STORE_CORRUPT,       /* the file is no entry, or of another alias (STORE-04) */
	STORE_UNREAD,        /* it could not be read just now: kept, for all we know it is good */
	STORE_EXPIRED,       /* past notAfter */
	STORE_STALE,         /* 24 h or less left (STORE-05) */
	STORE_FUTURE,        /* notBefore is ahead: kept, the clock may be wrong */
	STORE_ORPHAN,        /* its key is gone, or is another one by now (STORE-07) */
	STORE_OTHER_DEVICE,  /* of another device's key, or who knows which one's: kept */
	STORE_OTHER_KEY,     /* of a kind or a name of key that is not in use now: kept */
	STORE_OTHER_SOURCE,  /* issued by another IMDS: kept */
	STORE_OTHER_SUBJECT, /* subject or issuer is not what is asked for (STORE-01): kept */
	STORE_REFUSED,       /* the caller does not want this one, or only a fresh one (STS-05) */
	STORE_VERDICTS
};

/* "chosen", "spare", "corrupt", ... */
const char *store_verdict_name(enum store_verdict verdict);
/* Entries of that verdict are removed: corrupt, expired, stale and orphaned ones. */
bool store_verdict_removes(enum store_verdict verdict);

/* Which file it was: another one of the same name differs. */
struct store_stamp {
	uint64_t device;
	uint64_t inode;
	int64_t size;
	int64_t changed_ns;
};

/* One file of an alias as it was read. */
struct store_record {
	char *file;               /* name within the alias's folder */
	struct store_stamp stamp; /* all zero when it could not even be examined */
	bool readable;            /* entry is valid; otherwise why tells */
	bool trouble;             /* not readable for a reason that may pass: STORE_UNREAD */
	struct store_entry entry; /* all zero when not readable */
	char why[160];            /* what is wrong with it, or "" */
	enum store_verdict verdict;
};

struct store_records {
	struct store_record *items;
	size_t count;
};
/* Frees the records and zeroes. */
void store_records_free(struct store_records *records);
DEFINE_OWNED_VALUE(store_records, store_records_free)

/* What a caller can use. Texts are borrowed. */
struct store_want {
	const char *alias;
	const char *source;    /* NULL = any */
	const char *client_id; /* subject's CN; NULL = not known yet; compared without case */
	const char *tenant_id; /* subject's DC; NULL = not known yet; compared without case */
	const char *issuer;    /* as store_entry_issuer() writes it; NULL = whoever issued it */
	int64_t now_s;
	const char *key_kind;      /* NULL = the key is not known yet: none is judged an orphan */
	const char *key_name;      /* of the key in its device; NULL = any */
	const uint8_t *key_sha256; /* of the key at hand; NULL with a kind = the key is gone */
	const char *device;        /* it is in, as entries name it; NULL = not known */
	const uint8_t *not_sha256; /* certificate that was refused; NULL = none */
	bool fresh;                /* only one issued with bypass_cache=true */
};

/* Judges every record; returns the index of the chosen one, or records->count. Verdicts are tried
 * in this order: unread, corrupt, expired (whosever it is: nobody can use it), other source, stale,
 * future, other subject, refused, other key, other device, orphan. Of several that will do the
 * newest notAfter wins (STORE-10), then the newest notBefore, then one that was issued past IMDS's
 * cache, then the one stored last: by the second it says itself, and within it by the time of the
 * file. The file's name decides between what cannot be told apart. */
size_t store_select(struct store_records *records, const struct store_want *want);

#endif
