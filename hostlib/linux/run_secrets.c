// SPDX-License-Identifier: GPL-2.0
/*
 * What holds keys, passwords, tokens, and what was typed or browsed: hidden from a job, unless an
 * option names it (run_files.c). It is a list of names: what has another is seen.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run_private.h"

/* Below each home directory, but those that begin with '/'. The last name may be a pattern. */
static const char *const secrets[] = {
	/* other machines */
	".ssh",
	".putty",
	".netrc",
	".config/remmina",
	".local/share/remmina",
	".config/filezilla",
	".config/rclone",
	".rclone.conf",
	".smbcredentials",
	".vnc/passwd",
	".Xauthority",
	".ICEauthority",
	/* keys, and stores of passwords */
	".gnupg",
	".pki",
	".password-store",
	".local/share/password-store",
	".local/share/keyrings",
	".local/share/kwalletd",
	".config/keepassxc",
	".config/Bitwarden*",
	".config/op",
	".config/1Password",
	".config/sops",
	".config/age",
	".age",
	".vault-token",
	".electrum",
	".bitcoin",
	".bitmonero",
	".ethereum",
	/* clouds */
	".aws",
	".azure",
	".config/gcloud",
	".boto",
	".s3cfg",
	".oci",
	".config/doctl",
	".config/hcloud",
	".config/linode-cli",
	".fly",
	".kube",
	".minikube",
	".docker",
	".config/containers/auth.json",
	".terraform.d/credentials*",
	".terraformrc",
	".databrickscfg",
	".huggingface",
	".cache/huggingface/token",
	/* sources and packages */
	".git-credentials",
	".config/git/credentials",
	".config/gh",
	".config/hub",
	".config/glab-cli",
	".npmrc",
	".yarnrc.yml",
	".pypirc",
	".config/pip",
	".config/pypoetry",
	".cargo/credentials*",
	".gem/credentials",
	".m2/settings*.xml",
	".gradle/gradle.properties",
	".composer/auth.json",
	".config/composer/auth.json",
	".nuget/NuGet",
	/* data bases and mail */
	".pgpass",
	".my.cnf",
	".mylogin.cnf",
	".msmtprc",
	".config/msmtp",
	".mbsyncrc",
	".offlineimaprc",
	".fetchmailrc",
	".muttrc",
	".mutt",
	".config/mutt",
	".config/neomutt",
	".thunderbird",
	".config/evolution",
	".local/share/evolution",
	/* browsers and messengers */
	".mozilla",
	".config/mozilla",
	".config/chromium",
	".config/google-chrome*",
	".config/BraveSoftware",
	".config/microsoft-edge*",
	".config/vivaldi*",
	".config/opera*",
	".config/Signal",
	".config/Slack",
	".config/discord",
	".local/share/TelegramDesktop",
	"snap",
	".var/app",
	/* what was typed */
	".*_history",
	".histfile",
	".zhistory",
	".local/share/fish/fish_history",
	/* the system's */
	"/etc/shadow*",
	"/etc/gshadow*",
	"/etc/security/opasswd*",
	"/var/backups/shadow*",
	"/var/backups/gshadow*",
	"/etc/ssh/ssh_host_*_key",
	"/etc/ssl/private",
	"/etc/pki/tls/private",
	"/etc/letsencrypt",
	"/etc/krb5.keytab",
	"/etc/ipsec.secrets",
	"/etc/ipsec.d/private",
	"/etc/swanctl/private",
	"/etc/wireguard",
	"/etc/openvpn",
	"/etc/ppp/*-secrets",
	"/etc/NetworkManager/system-connections",
	"/etc/netplan",
	"/etc/wpa_supplicant",
	"/var/lib/iwd",
	"/var/lib/bluetooth",
	"/etc/cryptsetup-keys.d",
	"/etc/credstore*",
	"/var/lib/systemd/credential.secret",
	"/var/lib/sss/secrets",
	"/etc/kubernetes",
	"/etc/rancher",
	"/var/lib/kubelet",
	"/etc/apt/auth.conf*",
	"/etc/mysql/debian.cnf",
	"/etc/postfix/sasl_passwd*",
	"/etc/exim4/passwd.client",
	"/swapfile",
	"/swap.img",
};

/* All in a directory whose name is like this. */
static int hide_like(struct run *r, const char *dir, const char *pattern)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(dir);
	int err = 0;

	if (!d) /* not there, or this user cannot look at it */
		return 0;
	while (!err && (e = readdir(d)))
		if (fnmatch(pattern, e->d_name, 0) == 0 &&
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
			err = run_hide(r, path);
	closedir(d);
	return err;
}

static int hide_in(struct run *r, const char *dir, const char *secret)
{
	char path[PATH_MAX], *name;

	if (snprintf(path, sizeof(path), "%s/%s", dir, secret) >= (int)sizeof(path))
		return 0;
	name = strrchr(path, '/');
	if (!strchr(name, '*'))
		return run_hide(r, path);
	*name = '\0';
	return hide_like(r, path, name + 1);
}

static int hide_all(struct run *r, const char *home)
{
	size_t i;
	int err = 0;

	if (home && (*home != '/' || access(home, X_OK) < 0))
		return 0;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]) && !err; i++)
		if (!home == (*secrets[i] == '/'))
			err = hide_in(r, home ? home : "", secrets[i] + !home);
	return err;
}

/* HOME may name another directory than the user's own; and who runs as root can read everybody's. */
int run_hide_secrets(struct run *r)
{
	const char *home = getenv("HOME");
	int err = home ? hide_all(r, home) : 0;
	uid_t uid = getuid();
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *p;

	while (f && !err && (p = fgetpwent(f)))
		if (uid == 0 || p->pw_uid == uid)
			err = hide_all(r, p->pw_dir);
	if (f)
		fclose(f);
	return err ? err : hide_all(r, NULL);
}
