#!/bin/sh
# SPDX-License-Identifier: MIT
# A store in trouble never costs anybody a token (STORE-06): links of all kinds, folders open to
# others or swapped away, locks held for ever, rubbish, clocks that jump. The trouble is reported
# once, and nothing is written outside the store. Run by with_device.sh.
set -eu
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=trouble.sh
. "$(dirname "$0")/trouble.sh"

start_emulator --quiet

# ---- no trouble, to compare with ----

new_arena
acquires "a new store" 0
acquires "a store that was used before" 0
expect_match "the second from the store" "$(cat "$work/err")" 'from the store|store'

# ---- links ----

for place in CurrentUser CurrentUser/My; do
	new_arena
	[ "$place" = CurrentUser ] || mkdir -m 700 "$arena/store/CurrentUser"
	ln -s "$arena/outside/folder" "$arena/store/$place"
	acquires "$place is a link" 1
	says "$place is a link" "$place: "
done
new_arena
mkdir -m 700 "$arena/store/CurrentUser" "$my"
ln -s "$arena/outside/folder" "$folder"
acquires "the alias's folder is a link" 1
says "the alias's folder is a link" "$(basename "$folder"): "

for lock in write.lock mint.lock; do
	for kind in -s ''; do
		new_arena
		acquires "a store" 0
		rm "$folder"/*
		# shellcheck disable=SC2086 # an option or none
		ln $kind "$arena/outside/file" "$folder/$lock"
		acquires "$lock is a link ($kind)" 1
		says "$lock is a link ($kind)" "$lock: "
	done
	new_arena
	acquires "a store" 0
	rm "$folder"/*
	mkdir "$folder/$lock"
	acquires "$lock is a folder" 1
	rmdir "$folder/$lock"
	rm -f "$folder"/*
	mkfifo -m 600 "$folder/$lock"
	acquires "$lock is a pipe" 1
done

# An entry that is a link, or has a second name, is not ours any more.
for kind in -s ''; do
	new_arena
	acquires "a store" 0
	entry=$(echo "$folder"/*.pem)
	mv "$entry" "$arena/outside/entry"
	# shellcheck disable=SC2086 # an option or none
	ln $kind "$arena/outside/entry" "$entry"
	acquires "the entry is a link ($kind)" 0
	expect_match "it was not used ($kind)" "$(cat "$work/err")" 'issue: '
	expect "the link is gone ($kind)" "$(ls "$entry" 2>/dev/null || true)" ""
	acquires "what replaced it is used ($kind)" 0
	expect_no_match "nothing was issued ($kind)" "$(cat "$work/err")" 'issue: '
done

# ---- open to others, or to nobody ----

new_arena
chmod 777 "$arena/store"
acquires "a root that others may write to" 1
says "a root that others may write to" "$arena/store: "
new_arena
acquires "a store" 0
chmod 755 "$my"
acquires "a folder open to others" 1
says "a folder open to others" 'CurrentUser/My: '
chmod 700 "$my"
acquires "closed again" 0
chmod 644 "$folder"/*.pem
acquires "an entry open to others" 0
expect_match "was not used" "$(cat "$work/err")" 'issue: '
if [ "$(id -u)" -ne 0 ]; then
	new_arena
	chmod 500 "$arena/store"
	acquires "a folder that may not be written to" 1
	chmod 700 "$arena/store"
fi

# ---- no folder at all ----

new_arena
rmdir "$arena/store"
printf 'not a folder\n' >"$arena/store"
acquires "the root is a file" 1
rm "$arena/store"
mkfifo "$arena/store"
acquires "the root is a pipe" 1
rm "$arena/store"
ln -s nowhere "$arena/store"
acquires "the root is a link to nothing" 1

# ---- rubbish ----

new_arena
mkdir -m 700 "$arena/store/CurrentUser" "$my" "$folder"
(
	umask 077
	head -c 100000 /dev/urandom >"$folder/$(printf %064d 1).pem"
	: >"$folder/$(printf %064d 2).pem"
	printf 'x' >"$folder/none of ours"
	printf 'x' >"$my/a file"
)
acquires "rubbish" 0
acquires "rubbish, again" 0
expect_no_match "the entry beside it is used" "$(cat "$work/err")" 'issue: '
expect "what is not ours stays" "$(cat "$folder/none of ours" "$my/a file")" xx
mkdir "$folder/$(printf %064d 3).pem"
acquires "a folder with an entry's name" 1
says "a folder with an entry's name" "$(printf %064d 3).pem: "
expect_no_match "the entry beside it is used" "$(cat "$work/err")" 'issue: '

# ---- locks held for ever ----

# hold FILE: locks it in another process, until its standard input ends.
hold() {
	mkfifo "$work/held" "$work/let"
	/usr/bin/python3 -c '
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()' "$1" <"$work/let" >"$work/held" &
	holder=$!
	exec 4>"$work/let" 5<"$work/held"
	read -r _ <&5
}
let_go() {
	exec 4>&- 5<&-
	wait "$holder"
	rm "$work/held" "$work/let"
}
for lock in write.lock mint.lock; do
	new_arena
	acquires "a store" 0
	rm "$folder"/*.pem
	hold "$folder/$lock"
	acquires "$lock is held for ever" 1
	let_go
	acquires "$lock is free again" 0
done

# ---- a folder that is swapped away while it is used ----

new_arena
acquires "a store" 0
ln -s "$arena/outside/folder" "$arena/store/link"
mkfifo "$work/stop" "$work/swaps"
/usr/bin/python3 -c '
import ctypes, os, sys, threading
my, link = (os.fsencode(path) for path in sys.argv[1:])
exchange = ctypes.CDLL(None, use_errno=True).renameat2
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set())).start()
swaps = 0
while not stop.is_set() or swaps % 2:
    if exchange(-100, my, -100, link, 2) != 0:  # RENAME_EXCHANGE
        sys.exit(os.strerror(ctypes.get_errno()))
    swaps += 1
print(swaps)' "$my" "$arena/store/link" <"$work/stop" >"$work/swaps" &
swapper=$!
exec 6>"$work/stop" 7<"$work/swaps"
for round in 1 2 3 4 5 6 7 8; do
	before=$(outside)
	expect_rc "swapped away, $round" 0 token
	expect "swapped away, $round: outside" "$(outside)" "$before"
	rm -f "$folder"/*.pem "$arena/store/link/$(basename "$folder")"/*.pem
done
exec 6>&-
expect_rc "the swapper" 0 wait "$swapper"
expect_match "it swapped often" "$(cat <&7)" '^[0-9]{3,}$'
exec 7<&-
rm "$arena/store/link"
acquires "in its place again" 0

# ---- clocks ----

# clock SECONDS: the world's clock, and with --clock-offset ours.
clock() {
	curl -q -sS --fail --noproxy '*' "$admin/clock" -d "{\"advance_s\":$1}" -o "$work/clock"
}
new_arena
acquires "now" 0
first=$(echo "$folder"/*.pem)
clock 2592000
acquires "thirty days later" 0 --clock-offset 2592000
expect_match "something else is issued" "$(cat "$work/err")" 'issue: '
expect "what ran out is gone" "$(ls "$first" 2>/dev/null || true)" ""
later=$(echo "$folder"/*.pem)
curl -q -sS --fail --noproxy '*' -X POST "$admin/reset" -o "$work/reset"
acquires "and back" 0
expect_match "what is of the future is not used" "$(cat "$work/err")" 'issue: '
expect "but stays" "$(ls "$later")" "$later"
acquires "and again" 0
expect_no_match "nothing is issued" "$(cat "$work/err")" 'issue: '

stop_emulator
done_testing
