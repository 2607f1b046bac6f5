/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* Strict JSON reading over cJSON (RFC 8259, and stricter where it leaves room).
 *
 * Accepted: exactly one value, UTF-8 without BOM, white space around it. Refused: duplicate members
 * at any depth, trailing bytes, NaN/Infinity, leading zeroes or plus signs, numbers of more than 40
 * characters or beyond a finite double, control characters in strings, lone surrogates, U+0000,
 * invalid UTF-8, comments, more than JSON_MAX_DEPTH nested levels. cJSON only ever sees text that
 * passed this grammar.
 *
 * The readers (json_need_*, json_may_*) fail with the caller's blame and name the member.
 * Trees are written with cJSON's own functions and json_print(). */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "err.h"
#include "own.h"

#define JSON_MAX_DEPTH 32

DEFINE_OWNED(cJSON, cJSON_Delete)

/* Parses; *out is owned by the caller (cJSON_Delete, or OWNED(cJSON) *). The message gives the byte
 * offset of the first violation. */
MSIV2_MUST_USE enum msiv2_rc json_parse(const void *text, size_t len, const struct blame *blame,
                                        cJSON **out, struct msiv2_error *err);

/* As json_parse(), and the value must be an object. */
MSIV2_MUST_USE enum msiv2_rc json_parse_object(const void *text, size_t len,
                                               const struct blame *blame, cJSON **out,
                                               struct msiv2_error *err);

/* A required, non-empty string member; *out is borrowed from obj. */
MSIV2_MUST_USE enum msiv2_rc json_need_string(const cJSON *obj, const char *name,
                                              const struct blame *blame, const char **out,
                                              struct msiv2_error *err);

/* An optional string member: NULL when absent or null; a wrong type is an error. */
MSIV2_MUST_USE enum msiv2_rc json_may_string(const cJSON *obj, const char *name,
                                             const struct blame *blame, const char **out,
                                             struct msiv2_error *err);

/* A required object member; *out is borrowed from obj. */
MSIV2_MUST_USE enum msiv2_rc json_need_object(const cJSON *obj, const char *name,
                                              const struct blame *blame, const cJSON **out,
                                              struct msiv2_error *err);

/* A required whole number in [min, max], given as a JSON number, or as a string of decimal digits
 * when `or_text` is true (STS-03 allows both). */
MSIV2_MUST_USE enum msiv2_rc json_need_integer(const cJSON *obj, const char *name, int64_t min,
                                               int64_t max, bool or_text, const struct blame *blame,
                                               int64_t *out, struct msiv2_error *err);

/* Adds a member, or an element, that is owned by the caller until now and by the tree from now on;
 * when that fails it is freed. False when it, or the place for it, is NULL: memory was out. */
bool json_add(cJSON *object, const char *name, cJSON *item);
bool json_push(cJSON *array, cJSON *item);

/* Appends the compact text of a tree. A NULL tree (an allocation failed while it was built) makes
 * the buffer fail. */
void json_print(const cJSON *tree, struct bytes *out);

#endif
