/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The msiv2 authors */

/* msiv2-emulator: the emulator as a program. Exit status: 0 after SIGTERM, SIGINT or SIGHUP,
 * 2 when the command line or the configuration is wrong, 1 for everything else; with netns, that of
 * the command. */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "arguments.h"
#include "common/bytes.h"
#include "common/fs.h"
#include "common/text.h"
#include "emulator/include/msiv2_emulator.h"
#include "env.h"
#include "netns.h"
#include "streams.h"

#define EXIT_INTERNAL 1
#define EXIT_CONFIG   2
#define STACK_BYTES   ((size_t)512 * 1024)
#define ARENAS        2

static enum msiv2_rc print(const struct bytes *text, struct msiv2_error *err)
{
	TRY(bytes_done(text, "stdout", err));
	return streams_write(STDOUT_FILENO, "stdout", text->data, text->len, err);
}

static enum msiv2_rc print_config(const struct arguments *arguments, struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) text = {0};
	char *config = NULL;

	if (arguments->print_origins)
		TRY(msiv2_emulator_config_origins(&arguments->emulator, &config, err));
	else
		TRY(msiv2_emulator_config(&arguments->emulator, &config, err));
	bytes_add_text(&text, config);
	msiv2_emulator_text_free(config);
	return print(&text, err);
}

/* The ready line goes to stdout and to the descriptor that was asked for. With such a descriptor,
 * nobody has to listen on stdout. */
static enum msiv2_rc announce(const struct msiv2_emulator *emulator, int64_t ready_fd,
                              struct msiv2_error *err)
{
	OWNED_STRUCT(bytes) line = {0};
	enum msiv2_rc rc;

	bytes_addf(&line, "%s\n", msiv2_emulator_ready(emulator));
	rc = print(&line, err);
	if (ready_fd < 0)
		return rc;
	TRY(streams_write((int)ready_fd, "--ready-fd", line.data, line.len, err));
	if (ready_fd > STDERR_FILENO)
		(void)fs_close((int)ready_fd);
	return MSIV2_OK;
}

/* Known before anything starts: a launcher that waits for this line would wait for ever. */
static enum msiv2_rc check_ready_fd(int64_t ready_fd, struct msiv2_error *err)
{
	int flags = ready_fd < 0 ? O_WRONLY : fcntl((int)ready_fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0)
		return err_set(err, MSIV2_CONFIG, "--ready-fd", "descriptor %lld is not %s",
		               (long long)ready_fd, flags < 0 ? "open" : "open for writing");
	return MSIV2_OK;
}

/* Runs until a signal of the set arrives. */
static enum msiv2_rc serve(struct arguments *arguments, const sigset_t *signals,
                           struct msiv2_error *err)
{
	struct msiv2_emulator *emulator = NULL;
	enum msiv2_rc rc;
	int received = 0;

	arguments_set_log(arguments);
	TRY(check_ready_fd(arguments->ready_fd, err));
	TRY(msiv2_emulator_start(&arguments->emulator, &emulator, err));
	rc = announce(emulator, arguments->ready_fd, err);
	if (rc == MSIV2_OK)
		(void)sigwait(signals, &received);
	msiv2_emulator_stop(emulator);
	return rc;
}

/* Signals that end the program are taken by serve() alone; a broken pipe is an error of write().
 * *inherited is the signal mask from before. */
static void prepare_process(sigset_t *signals, sigset_t *inherited)
{
	pthread_attr_t attributes;
	struct sigaction hangup;

	streams_init();
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	/* Under nohup it stays ignored. */
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
		sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, inherited);
	/* Hundreds of threads that mostly wait: small stacks, few heaps. */
	(void)mallopt(M_ARENA_MAX, ARENAS);
	if (pthread_attr_init(&attributes) != 0)
		return;
	if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
		(void)pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
}

static enum msiv2_rc run(int argc, char **argv, const sigset_t *signals, struct msiv2_error *err)
{
	OWNED_STRUCT(arguments) arguments = {0};
	OWNED_STRUCT(bytes) text = {0};

	if (argc > 1 && text_equal(argv[1], "env"))
		return env_main(argc - 2, argv + 2, err);
	TRY(arguments_read(&arguments, argc - 1, argv + 1, err));
	if (arguments.help) {
		arguments_help(&text);
		return print(&text, err);
	}
	if (arguments.version) {
		bytes_add_text(&text, "msiv2-emulator " MSIV2_VERSION_TEXT "\n");
		return print(&text, err);
	}
	if (arguments.print_config)
		return print_config(&arguments, err);
	return serve(&arguments, signals, err);
}

/* The command's exit status is the program's. */
static int run_netns(int argc, char **argv, const sigset_t *inherited)
{
	struct msiv2_error err = {0};
	int status = 0;

	if (netns_main(argc - 2, argv + 2, inherited, &status, &err) != MSIV2_OK)
		streams_complain(msiv2_error_where(&err), msiv2_error_message(&err));
	return status;
}

int main(int argc, char **argv)
{
	struct msiv2_error err = {0};
	sigset_t inherited;
	sigset_t signals;
	enum msiv2_rc rc;

	prepare_process(&signals, &inherited);
	if (argc > 1 && text_equal(argv[1], "netns"))
		return run_netns(argc, argv, &inherited);
	rc = run(argc, argv, &signals, &err);
	if (rc == MSIV2_OK)
		return 0;
	streams_complain(msiv2_error_where(&err), msiv2_error_message(&err));
	if (argc > 1 && text_equal(argv[1], "env"))
		env_print_failure();
	return rc == MSIV2_CONFIG ? EXIT_CONFIG : EXIT_INTERNAL;
}
