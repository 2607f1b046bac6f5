#!/bin/sh
# SPDX-License-Identifier: MIT
# As store_trouble.sh, what takes root: a full and a read-only file system, a wrong owner, the
# machine's store. In a mount namespace of its own, so that nothing stays. Run by with_device.sh.
set -eu

if [ "${STORE_TROUBLE_INSIDE-}" != yes ]; then
	if [ "$(id -u)" -ne 0 ] || ! unshare -m mount -t tmpfs tmpfs /mnt 2>/dev/null; then
		echo "takes root, and the right to mount" >&2
		exit 77
	fi
	STORE_TROUBLE_INSIDE=yes exec unshare -m --propagation private "$0"
fi
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=trouble.sh
. "$(dirname "$0")/trouble.sh"

start_emulator --quiet

# mounted OPTIONS COMMAND...: with a file system of its own at $arena/store.
mounted() {
	mount -t tmpfs -o "mode=700,$1" tmpfs "$arena/store"
	shift
	"$@"
	umount "$arena/store"
}

fill() {
	dd if=/dev/zero of="$arena/store/filler" bs=1k 2>"$work/dd" || true
}
full_disk() {
	fill
	acquires "a full disk" 1
	says "a full disk" 'No space left on device'
	acquires "a full disk, again" 1
	expect "no half entry is left" "$(find "$arena/store" -name '*.pem' -o -name '*.new')" ""
	rm "$arena/store/filler"
	acquires "there is room again" 0
	acquires "and an entry" 0
	expect_no_match "which is used" "$(cat "$work/err")" 'issue: '
	fill
	acquires "full again, with an entry" 0
	expect_no_match "which is used" "$(cat "$work/err")" 'issue: '
}
new_arena
mounted size=64k full_disk

no_inodes() {
	acquires "no room for names" 1
	says "no room for names" 'No space left on device'
}
for inodes in 1 2 3 4 5 6; do
	new_arena
	mounted "size=64k,nr_inodes=$inodes" no_inodes
done

read_only() {
	mount -o remount,ro "$arena/store"
	acquires "read-only, empty" 1
	says "read-only, empty" 'Read-only file system'
	mount -o remount,rw "$arena/store"
	acquires "writable" 0
	mount -o remount,ro "$arena/store"
	acquires "read-only, with an entry" 0
	expect_no_match "which is used" "$(cat "$work/err")" 'issue: '
}
new_arena
mounted size=64k read_only

# ---- somebody else's ----

for place in . CurrentUser CurrentUser/My; do
	new_arena
	acquires "a store" 0
	chown 65534 "$arena/store/$place"
	acquires "$place is another user's" 1
	says "$place is another user's" 'belongs to'
done
new_arena
acquires "a store" 0
chown 65534 "$folder"/*.pem
acquires "an entry of another user" 0
expect_match "is not used" "$(cat "$work/err")" 'issue: '
rm "$folder"/*
touch "$folder/write.lock"
chmod 600 "$folder/write.lock"
chown 65534 "$folder/write.lock"
acquires "a lock of another user" 1

# ---- the machine's store ----

mount -t tmpfs -o mode=755 tmpfs /var/lib
machine() {
	"$MSIV2_BIN/msiv2" "$@" --keys "$MSIV2_TEST_KEYS" --imds "$imds" --ca "$ca" \
		--store 'LocalMachine\My' -v
}
expect_rc "the machine's store" 0 machine token --resource $vault
expect "an entry" "$(find /var/lib/msiv2/LocalMachine/My -name '*.pem' | wc -l)" 1
expect_rc "again" 0 machine token --resource $vault
expect_no_match "from the store" "$(cat "$work/err")" 'issue: '
expect_rc "verify" 0 machine cert verify
chmod 777 /var/lib
expect_rc "anybody may put things above it" 0 machine token --resource $vault
expect "a warning" "$(grep -c '^msiv2: warning: store: ' "$work/err")" 1
expect_match "the entry was not used" "$(cat "$work/err")" 'issue: '
chmod 755 /var/lib
expect_rc "in order again" 0 machine token --resource $vault
expect_no_match "from the store again" "$(cat "$work/err")" 'issue: '
umount /var/lib

stop_emulator
done_testing
