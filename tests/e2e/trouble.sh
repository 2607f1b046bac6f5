# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What tests of a store in trouble share (STORE-06). Source it after lib.sh, which sets the rest.
# shellcheck disable=SC2154
: "${work:?set by lib.sh}"

vault=https://vault.azure.net
arena=$work/arena # the store is in $arena/store, and nothing else may change

# A new arena: an empty store, and things outside that somebody would like to be written to.
new_arena() {
	rm -rf "$arena"
	mkdir -p "$arena/home" "$arena/tmp" "$arena/outside/folder"
	mkdir -m 700 "$arena/store"
	printf 'precious\n' >"$arena/outside/file"
	my=$arena/store/CurrentUser/My
	folder=$(printf %s 'system_assigned_managed_identity#att=0' | sha256sum | cut -c 1-32)
	folder=$my/$folder # of the alias
	export folder
}

# Everything outside the store: names, kinds, modes, owners, times, targets and contents.
outside() {
	(
		cd "$arena" || exit 1
		find . -path ./store -prune -o -printf '%p %y %m %U %s %T@ %l\n' | sort
		find . -path ./store -prune -o -type f -exec sha256sum {} + | sort
	)
}

# token OPTION...: one acquisition with this store.
token() {
	HOME=$arena/home TMPDIR=$arena/tmp "$MSIV2_BIN/msiv2" token --resource $vault \
		--keys "$MSIV2_TEST_KEYS" --imds "$imds" --ca "$ca" \
		--store-root "$arena/store" -v "$@"
}

# acquires WHAT WARNINGS [OPTION...]: the token is acquired all the same, the trouble is reported so
# often, and nothing outside has changed.
acquires() {
	title=$1
	warnings=$2
	shift 2
	before=$(outside)
	expect_rc "$title: the token is acquired" 0 token "$@"
	expect_match "$title: and it is one" "$(cat "$work/out")" '^token +mtls_pop'
	expect "$title: warnings" "$(grep -c '^msiv2: warning: ' "$work/err" || true)" "$warnings"
	expect "$title: outside the store" "$(outside)" "$before"
}

# says WHAT EXPRESSION: the warning of the last acquisition.
says() {
	expect_match "$1: the warning" "$(grep '^msiv2: warning: ' "$work/err")" \
		"^msiv2: warning: store: .*$2"
}
