#!/bin/bash
# timeout: 120
# uml_run: what holds keys and passwords is hidden, each name of the list that run_secrets.c has, as
# a directory and as a file; what is named is shown all the same.
. tests/system/lib.sh

RUN=$(dirname "$LINUX")/uml_run
chmod 755 "$T"
mapfile -t all < <(sed -n '/^static const char \*const secrets/,/^};/s/^\t"\(.*\)",$/\1/p' hostlib/linux/run_secrets.c)
[ ${#all[@]} -gt 100 ] || fail "only ${#all[@]} names were found in run_secrets.c"
mapfile -t home < <(printf '%s\n' "${all[@]}" | grep -v ^/)
# The root directory is the host's own: nothing is made there.
mapfile -t system < <(printf '%s\n' "${all[@]}" | grep '^/.*/')

plant() { # TOP directory|file NAME...: the names, with the word in them
	local top=$1 kind=$2 name
	shift 2
	for name; do
		name=$top/${name//\*/x}
		[ "$kind" = directory ] && mkdir -p "$name/sub" && name=$name/sub/file
		mkdir -p "$(dirname "$name")" && echo MARKER >"$name" || fail "$name cannot be made"
	done
}

# A careful person's own list, so that none is lost from the other.
for name in .ssh .gnupg .aws .azure .kube .docker .netrc .pgpass .git-credentials .password-store .npmrc .pypirc .vault-token \
	.mozilla .thunderbird .electrum .bitcoin .config/gcloud .config/gh .config/rclone .config/op .config/1Password .config/chromium \
	.config/google-chrome .local/share/keyrings .m2/settings.xml .cargo/credentials .cargo/credentials.toml .bash_history .zsh_history \
	.python_history .local/share/fish/fish_history snap .var/app; do
	own+=("$name")
done

for kind in directory file; do
	rm -rf "$T/home"
	mkdir "$T/home"
	plant "$T/home" $kind "${home[@]}" "${own[@]}"
	echo MARKER >"$T/home/open"
	HOME=$T/home timeout -k 5 60 "$RUN" -- grep -rs MARKER "$T/home" >"$T/out"
	[ "$(cat "$T/out")" = "$T/home/open:MARKER" ] || fail "as a $kind, some are seen"
	HOME=$T/home timeout -k 5 60 "$RUN" --show-secrets -- grep -rs MARKER "$T/home" >"$T/out"
	[ "$(wc -l <"$T/out")" -gt ${#home[@]} ] || fail "--show-secrets: as a $kind, some are hidden"
done
plant "$T/home" directory .config/sub/gh
HOME=$T/home timeout -k 5 60 "$RUN" -- cat "$T/home/.config/sub/gh/sub/file" | found -x MARKER || fail "what has another place is hidden, too"
rm "$T/home/.aws"
plant "$T/home" directory .aws .gnupg-not
for name in .aws .gnupg-not; do
	HOME=$T/home timeout -k 5 60 "$RUN" --ro "$T/home/$name" -- cat "$T/home/$name/sub/file" | found -x MARKER || fail "--ro does not show $name"
done
echo "${#home[@]} names of homes"

# The system's, in places of the test's own.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	export RUN T
	export -f plant fail
	for kind in directory file; do
		# shellcheck disable=SC2016
		unshare -m bash -c 'kind=$1; shift
			for dir in /etc /var/lib /var/backups; do
				mkdir -p $dir && mount -t tmpfs tmpfs $dir || exit 1
			done
			echo "root:x:0:0:root:/root:/bin/sh" >/etc/passwd
			plant "" $kind "$@"
			echo MARKER >/etc/open
			HOME=$T/home timeout -k 5 60 "$RUN" -- grep -rs MARKER /etc /var/lib /var/backups' bash $kind "${system[@]}" /etc/shadow- /etc/gshadow- \
			/var/backups/shadow.bak /var/backups/gshadow.bak /etc/ssh/ssh_host_ed25519_key >"$T/out" 2>&1
		[ "$(cat "$T/out")" = /etc/open:MARKER ] || fail "as a $kind, some of the system's are seen"
	done
	echo "${#system[@]} names of the system"
fi
exit 0
