/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

#include <string.h>

#include "common/files.h"
#include "common/text.h"
#include "verbs.h"

#define GROUP_SIZE 96

/* For a catalogue without the twin: a positive one needs no other. */
static const char positive_frame[] =
        "{\n"
        "  \"id\": \"%s\",\n"
        "  \"title\": \"One sentence that says what a right client does\",\n"
        "  \"kind\": \"positive\",\n"
        "  \"requirements\": [\"STS-01\"],\n"
        "  \"level\": \"MUST\",\n"
        "  \"why\": \"What goes wrong in the field when a client gets this wrong.\",\n"
        "  \"steps\": [\n"
        "    {\"do\": \"acquire\", \"expect\": {\"token_type\": \"mtls_pop\"}}\n"
        "  ],\n"
        "  \"expect\": {\n"
        "    \"journal\": [\n"
        "      {\"says\": \"the token service is asked once\",\n"
        "       \"match\": {\"endpoint\": \"token\"}, \"count\": 1}\n"
        "    ]\n"
        "  }\n"
        "}\n";

/* A negative one, because most are: it runs as it stands, and says what has to be written. */
static const char negative_frame[] =
        "{\n"
        "  \"id\": \"%s\",\n"
        "  \"title\": \"One sentence that says what a right client does\",\n"
        "  \"kind\": \"negative\",\n"
        "  \"requirements\": [\"STS-05\"],\n"
        "  \"level\": \"MUST\",\n"
        "  \"why\": \"What goes wrong in the field when a client gets this wrong.\",\n"
        "  \"twin\": \"flow.cold\",\n"
        "  \"faults\": [\n"
        "    {\"id\": \"f\", \"fault\": \"http-status\", \"endpoint\": \"token\",\n"
        "     \"with\": {\"status\": 400}}\n"
        "  ],\n"
        "  \"steps\": [\n"
        "    {\"do\": \"acquire\", \"expect\": {\"class\": \"sts_refused\"}}\n"
        "  ],\n"
        "  \"expect\": {\n"
        "    \"journal\": [\n"
        "      {\"says\": \"the token service is asked once\",\n"
        "       \"match\": {\"endpoint\": \"token\"}, \"count\": 1}\n"
        "    ]\n"
        "  }\n"
        "}\n";

/* The frame with the id in it. */
static void add_frame(const char *frame, const char *id, struct bytes *out)
{
	const char *hole = strstr(frame, "%s");

	bytes_add(out, frame, (size_t)(hole - frame));
	bytes_add_text(out, id);
	bytes_add_text(out, hole + 2);
}

/* The twin is in the catalogue, which may be empty so far. */
static bool has_twin(const char *catalogue)
{
	OWNED_STRUCT(bytes) path = {0};

	bytes_addf(&path, "%s/flow/cold.json", catalogue);
	return !path.failed && files_exists(bytes_text(&path));
}

/* Where it is and what comes next. */
static enum msiv2_rc tell_next(const struct arguments *arguments, const char *id, const char *path,
                               struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};

	bytes_addf(&text, "%s\nnext: write what it is about, then\n", path);
	bytes_addf(&text, "  msiv2-conformance run %s --catalogue ", id);
	output_add_quoted(arguments->catalogue, &text);
	bytes_add_text(&text, " --shim CMD\n");
	return output_print(&text, err);
}

enum msiv2_rc verb_new(struct arguments *arguments, enum exit_status *status,
                       struct msiv2_error *err)
{
	const char *id = arguments->word_count > 0 ? arguments->words[0] : "";
	OWNED_STRUCT(bytes) folder = {0};
	OWNED_STRUCT(bytes) path = {0};
	OWNED_STRUCT(bytes) text = {0};
	char group[GROUP_SIZE];

	if (arguments->word_count > 1)
		return err_set(err, MSIV2_CONFIG, "ID", "is one: %s is too many",
		               arguments->words[1]);
	if (!scenario_id_valid(id))
		return err_set(err, MSIV2_CONFIG, "ID", "is GROUP.NAME, of a-z, 0-9 and -");
	if (!arguments->catalogue_asked)
		return err_set(
		        err, MSIV2_CONFIG, "--catalogue",
		        "needs the folder of your scenarios; those of the suite stay as they are");
	scenario_group(id, group, sizeof(group));
	bytes_addf(&folder, "%s/%s", arguments->catalogue, group);
	bytes_addf(&path, "%s/%s.json", bytes_text(&folder), strchr(id, '.') + 1);
	add_frame(has_twin(arguments->catalogue) ? negative_frame : positive_frame, id, &text);
	TRY(bytes_done(&path, "new", err));
	if (files_exists(bytes_text(&path)))
		return err_set(err, MSIV2_CONFIG, bytes_text(&path), "is there already");
	TRY(files_make_dir(bytes_text(&folder), 0755, MSIV2_CONFIG, err));
	TRY(output_write(bytes_text(&path), &text, err));
	*status = STATUS_GOOD;
	return tell_next(arguments, id, bytes_text(&path), err);
}
