#!/bin/bash
# timeout: 60
# The run-time directory without a HOME lies in /tmp, where everybody may make names: what somebody
# else has put there before is refused by the loader and by uml_mconsole, with one line.
. tests/system/lib.sh

chmod 755 "$T"
cp "$LINUX" "$T/linux"
cp build/bin/uml_mconsole "$T/uml_mconsole"
me=$(id -u) as=()
# A user of its own, so that nobody's directory in /tmp is touched.
[ "$me" -ne 0 ] || { me=$((100000 + $$)) as=(setpriv --reuid=$me --regid=$me --clear-groups); }
base=/tmp/.uml-$me
[ ! -e "$base" ] && [ ! -L "$base" ] || { echo "$base is there already: a guest's of this user"; exit 77; }
cleanup_hooks=('rm -rf "$base"')
mine() { "${as[@]}" env -u HOME timeout -k 5 30 "$@"; }
own() { [ "$(id -u)" -ne 0 ] || chown -h "$me" "$@"; }

refused() { # WHAT WORDS
	expect_status 77 mine "$T/linux" umid=web mem=32M -- -c true
	one_line
	expect_text "^linux: the directory '$base(/web)?' $2; .*uml_dir="
	[ -z "${3:-}" ] || return 0
	expect_status 3 mine "$T/uml_mconsole" web version
	one_line
	expect_text "^uml_mconsole: the directory '$base' $2; .*--dir"
	rm -rf "$base"
}

# As it is when all is well, and nothing is left.
expect_status 0 mine "$T/linux" umid=web mem=32M -- -c true
[ "$(stat -c '%u %a' "$base")" = "$me 700" ] || fail "$base: $(stat -c '%u %a' "$base")"
[ ! -e "$base/web" ] || fail "$base/web is left"
rm -rf "$base"

mkdir -m 700 "$T/target"
echo kept >"$T/target/pid"
own "$T/target" "$T/target/pid"
ln -s "$T/target" "$base"
own "$base"
refused link 'is a symbolic link'
: >"$base"
refused file 'is not a directory'
mkdir -m 770 "$base"
own "$base"
refused group 'may be written by others'

# The guest's own directory in one that is right.
mkdir -m 700 "$base"
own "$base"
ln -s "$T/target" "$base/web"
own "$base/web"
refused link 'is a symbolic link' guest
rm "$base/web"
mkdir "$base/web"
chmod 777 "$base/web"
own "$base/web"
refused others 'may be written by others' guest
[ "$(cat "$T/target/pid")" = kept ] || fail "a file behind a link was changed"

[ "$(id -u)" -eq 0 ] || exit 0
rm -r "$base/web"
mkdir "$base/web"
chown nobody "$base/web"
refused owner 'belongs to another user' guest
rm -rf "$base"
mkdir -m 777 "$base"
chown nobody "$base"
refused owner 'belongs to another user'
