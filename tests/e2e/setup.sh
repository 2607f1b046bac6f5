#!/bin/sh
# SPDX-License-Identifier: MIT
# script/setup against a pretended system: what it asks apt for, and when it says nothing.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

setup=$project/script/setup
real_path=$PATH

# program NAME: a stand-in on the path of the pretended system; its text comes on standard input.
program() {
	{
		printf '#!/bin/sh\n'
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# A system where the packages in $work/installed are installed, and apt installs what it is told.
mkdir "$work/bin"
export work
for tool in sh awk sed grep cat tr dirname env; do
	ln -s "$(command -v "$tool")" "$work/bin/$tool"
done
program dpkg-query <<'END'
sed 's/^/installed /' "$work/installed"
END
program apt-get <<'END'
printf '%s\n' "$*" >>"$work/apt"
for word in "$@"; do
	[ "$word" = install ] && installing=yes
done
[ -n "${installing-}" ] || exit 0
for word in "$@"; do
	case $word in
	-* | Dpkg* | DPkg* | install) ;;
	*) printf '%s\n' "$word" >>"$work/installed" ;;
	esac
done
END
program id <<'END'
cat "$work/uid"
END

run() {
	: >"$work/apt"
	PATH=$work/bin "$setup" "$@"
}
echo 0 >"$work/uid"

# Nothing missing: nothing said, apt not asked.
PATH=$real_path "$setup" --list build run test deep >"$work/installed"
expect_rc "nothing missing" 0 run
expect "says" "$(cat "$work/out" "$work/err")" ""
expect "asks apt" "$(cat "$work/apt")" ""
expect_rc "nothing missing, asked" 0 run --missing

# One package missing: updated, and that one installed, without questions.
sed -i '/^shellcheck$/d' "$work/installed"
expect_rc "one missing, asked" 1 run --missing
expect "which" "$(cat "$work/out")" "shellcheck "
expect "asking changes nothing" "$(cat "$work/apt")" ""
expect_rc "one missing" 0 run
expect_match "updates first" "$(sed -n 1p "$work/apt")" 'update$'
expect_match "installs" "$(sed -n 2p "$work/apt")" \
	'install -y --no-install-recommends shellcheck *$'
expect_rc "idempotent" 0 run
expect "says nothing the second time" "$(cat "$work/out" "$work/err" "$work/apt")" ""

# Only the sections asked for.
sed -i '/^shellcheck$/d' "$work/installed"
expect_rc "another section" 0 run build
expect "apt" "$(cat "$work/apt")" ""
expect_rc "no such section" 1 run tools
expect_match "is named" "$(cat "$work/err")" "no section 'tools'"
expect_rc "unknown option" 1 run --now

# Nobody who may install; a package that apt does not get; no apt at all.
echo 1000 >"$work/uid"
expect_rc "without root" 1 run
expect_match "says what is missing" "$(cat "$work/err")" 'need root or sudo to install: shellcheck'
echo 0 >"$work/uid"
program apt-get <<'END'
case $* in *install*) exit 100 ;; esac
END
expect_rc "apt fails" 1 run
expect_match "is told" "$(cat "$work/err")" 'could not install: shellcheck'
program apt-get <<'END'
exit 0
END
expect_rc "apt lies" 1 run
expect_match "is found out" "$(cat "$work/err")" 'still missing after installation: shellcheck'
rm "$work/bin/apt-get"
expect_rc "no apt" 1 run
expect_match "is told" "$(cat "$work/err")" 'Debian or Ubuntu'
done_testing
