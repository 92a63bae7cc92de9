# SPDX-License-Identifier: GPL-2.0
# Shared parts of uml_mkroot: errors, progress, recipes, output, copy-in. Sourced.
# shellcheck shell=bash

die() {
	local status=$1 text=${*:2}
	clear_line
	# Names may be of any length and hold what a terminal would obey.
	[ ${#text} -le 1000 ] || text="${text:0:600} [...] ${text: -300}"
	echo "uml_mkroot: ${text//[[:cntrl:]]/?}" >&2
	exit "$status"
}

# need PROGRAM PACKAGE: fails with the package that brings the program.
need() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ||
		die $EX_UNAVAILABLE "$1 is not installed: apt-get install $2"
}

# --- progress ------------------------------------------------------------------

# On a terminal one line is rewritten; elsewhere each phase gets a line of its own.
clear_line() { if [ -t 2 ] && [ -z "${quiet:-}" ]; then printf '\r\033[K' >&2; fi; }

# progress PERCENT TEXT
progress() {
	[ -z "$quiet" ] || return 0
	if [ -t 2 ]; then printf '\r\033[K%3d%% %s' "$1" "${2:0:70}" >&2
	elif [ "$2" != "${last_phase:-}" ]; then printf '%3d%% %s\n' "$1" "$2" >&2; fi
	last_phase=$2
}

# --- recipes -------------------------------------------------------------------

# A recipe is lines of "name = value"; recipe_keys says which names are known.
recipe_keys=" about system epoch suite size format init hostname packages beside programs overlay finish "

recipe_names() { (cd "$share/recipes" && printf '%s\n' *.recipe | sed 's/\.recipe$//'); }

recipe_path() {
	if [[ $1 = */* ]]; then
		[ -f "$1" ] || die $EX_NOINPUT "recipe $1: no such file"
		echo "$1"
	elif [ -f "$share/recipes/$1.recipe" ]; then echo "$share/recipes/$1.recipe"
	else die $EX_USAGE "there is no recipe '$1'; there are: $(recipe_names | tr '\n' ' ')"; fi
}

list_recipes() {
	local name
	for name in $(recipe_names); do
		printf '%-16s %s\n' "$name" "$(sed -n 's/^about *= *//p' "$share/recipes/$name.recipe")"
	done
}

# Sets the recipe's variables, then what the command line asked for instead.
load_recipe() {
	local path line n=0 key value
	path=$(recipe_path "$1")
	while IFS= read -r line || [ -n "$line" ]; do
		n=$((n + 1))
		line=${line%%#*}
		[ -n "${line//[[:space:]]/}" ] || continue
		key=${line%%=*} key=${key//[[:space:]]/}
		value=${line#*=} value=${value#"${value%%[![:space:]]*}"} value=${value%"${value##*[![:space:]]}"}
		[[ $line = *=* && $recipe_keys = *" $key "* ]] || die $EX_USAGE "$path:$n: not understood: $line"
		if [ "$key" = packages ] && [ -n "${packages:-}" ]; then packages+=" $value"
		else declare -g "$key=$value"; fi
	done <"$path"
	for key in epoch suite mirror size format init hostname root_password cache; do
		declare -n asked=set_$key
		if [ -n "${asked+x}" ]; then declare -g "$key=$asked"; fi
		unset -n asked
	done
	[[ ${system:-} = tiny || ${system:-} = debian ]] || die $EX_USAGE "$path: needs 'system = tiny' or 'system = debian'"
	format=${format:-ext4}
	epoch=${epoch:-${SOURCE_DATE_EPOCH:-1735689600}}
	[[ $epoch =~ ^[0-9]{1,10}$ ]] || die $EX_USAGE "--epoch $epoch: seconds since 1970 are wanted"
}

# --- output --------------------------------------------------------------------

# A private work folder, gone whatever happens, and a temporary file beside the output.
begin_output() {
	local dir
	dir=$(dirname "$out")
	[ ! -d "$out" ] || die $EX_CANTCREAT "$out is a folder; name a file"
	[ -d "$dir" ] || die $EX_CANTCREAT "$dir: no such folder (mkdir -p $dir)"
	[ -w "$dir" ] || die $EX_CANTCREAT "$dir is not writable for $(id -un)"
	work=$(mktemp -d "${TMPDIR:-/tmp}/uml_mkroot.XXXXXX")
	part=$dir/.$(basename "$out").$$.part
	trap 'cleanup' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

cleanup() {
	trap '' INT TERM HUP
	[ -z "${child:-}" ] || kill "$child" 2>/dev/null || true
	[ -z "${child:-}" ] || wait "$child" 2>/dev/null || true
	clear_line
	rm -f "$part"
	rm -rf "$work" 2>/dev/null || true
}

finish_output() {
	chmod 644 "$part"
	mv -f "$part" "$out"
	progress 100 "$out: $(du -h --apparent-size "$out" | cut -f1), $(du -h "$out" | cut -f1) on disk"
	[ -z "$quiet" ] && [ -t 2 ] && echo >&2
	trap - EXIT
	rm -rf "$work"
}

# room_for DIR BYTES CURE: fails while nothing is written yet, as programs that meet a full disk say little.
room_for() {
	local free
	free=$(df --output=avail -B1 "$1" 2>/dev/null | tail -n 1) || return 0
	[[ ${free//[[:space:]]/} =~ ^[0-9]+$ ]] || return 0
	((free >= $2)) ||
		die $EX_CANTCREAT "no space left in $1: $((($2 >> 20) + 1)) MB needed, $((free >> 20)) MB free; $3"
}

# split_copy_in SRC:DST: sets copy_src and copy_dst, checked.
split_copy_in() {
	copy_src=${1%:*} copy_dst=${1##*:}
	[[ $1 = *:* && $copy_dst = /* ]] || die $EX_USAGE "--copy-in $1: wanted SOURCE:/absolute/place/in/the/image"
	[[ $copy_dst/ != */../* ]] || die $EX_USAGE "--copy-in $1: the place may not contain .."
	[ -e "$copy_src" ] || die $EX_NOINPUT "--copy-in: $copy_src: no such file or folder"
}
