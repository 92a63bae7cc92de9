// SPDX-License-Identifier: GPL-2.0
/*
 * The statements of the language: what each is called, how it is read, and what people are told
 * about it. `uml_rig help` and Documentation/rig-language.md come from here.
 */
#include <string.h>
#include "parse.h"

#define A_NET \
	"rig x 1\nlan office net=10.0.0.0/24\nlan internet\nnode mx1\nnode alice card=office\n"
#define A_LINK A_NET "link mx1 internet\n"

static const struct rig_statement statements[] = {
	{{"rig", "NAME VERSION",
	  "The name of the rig, and the version of this language: 1. It is the first statement, "
	  "and stands in no file that is included.",
	  "rig mail-wan 1\n", NULL},
	 rig_st_rig},
	{{"seed", "NUMBER",
	  "Where all chance comes from: losses, jitter, the guests' random numbers. The same rig "
	  "with the same seed runs the same way, in virtual time to the byte. 1 if it is not said. "
	  "'uml_rig run --seed N' takes another one, 'uml_rig sweep --seed 1..50' many.",
	  "seed 42\n", "rig x 1\n"},
	 rig_st_seed},
	{{"time", "virtual|real [start=DATE]",
	  "Virtual time passes only when something happens, so that a day takes a minute and "
	  "nothing depends on the host's load. It is the default and begins at start=, or else at "
	  "2026-01-01T00:00:00Z. Real time is the host's.",
	  "time virtual start=2026-01-16T00:00:00Z\n", "rig x 1\n"},
	 rig_st_time},
	{{"image", "NAME FILE",
	  "Gives a name to a root image. The file is looked for beside the rig, and when the rig "
	  "runs, not when it is checked. Nodes read it and do not change it. 'builtin' is the "
	  "system inside of linux.",
	  "image base debian-mail.img\n", "rig x 1\n"},
	 rig_st_image},
	{{"default", "node SETTING... | link SETTING...",
	  "What all nodes or links have that do not say otherwise, wherever in the rig they "
	  "stand. Lists (kernel=, run=, env=, copy=, route=) come before a node's own; of a "
	  "variable in env= the last value holds. Routers take the image of the built-in system "
	  "unless they name another.",
	  "default node mem=48M image=base kernel=panic=5\ndefault link delay=1ms\n",
	  "rig x 1\nimage base b.img\n"},
	 rig_st_default},
	{{"node", "NAME [SETTING...]",
	  "A guest. Names are host names: small letters, digits and '-', up to 32.\n"
	  "mem=96M: memory, K M G; 64M if neither node nor default say. image=NAME: its disk, or "
	  "'builtin'. cow=FILE: what it writes stays in this COW file; without it, changes go "
	  "with the run. off: it is not started until a step does.\n"
	  "card=LAN[@ADDRESS/PREFIX[,ADDRESS/PREFIX...][,MAC]]: a network card, eth0 for the "
	  "first; up to 15, counting those of links. gateway=ADDRESS, route=NET/PREFIX,ADDRESS: "
	  "where packets go.\n"
	  "kernel=WORDS: for the kernel's command line. copy=FILE:/PLACE[:MODE]: a file of the "
	  "host, beside the rig, that is put into the node. env=NAME=VALUE: environment of its "
	  "commands. run=COMMAND: carried out by the guest's shell when it is up, in order. "
	  "NAME=VALUE behind run= that is no setting is a parameter of these commands, the same "
	  "as env=NAME=VALUE.",
	  "node mx1 mem=96M card=office@10.0.0.1/24 gateway=10.0.0.254 \\\n"
	  "     copy=mx1.conf:/etc/mx.conf run=/rig/mx1 queue=7d\n",
	  "rig x 1\nlan office\n"},
	 rig_st_node},
	{{"router", "NAME [SETTING...]",
	  "A node that forwards between its cards, with the settings of a node and two more. "
	  "nat=LAN: what leaves to LAN gets the router's address there. firewall=FILE: rules for "
	  "nft(8), from a file beside the rig.",
	  "router gw card=office@10.0.0.254/24 card=internet@203.0.113.1/24 \\\n"
	  "       nat=internet firewall=gw.nft\n",
	  "rig x 1\nlan office\nlan internet\n"},
	 rig_st_router},
	{{"lan", "NAME [net=NET/PREFIX] [stp] [hub]",
	  "An Ethernet switch. Cards on it that have no address get the next free one of net=, in "
	  "the order of the nodes. stp: spanning tree. hub: everything goes everywhere. Lans may "
	  "be linked with each other.",
	  "lan office net=10.0.0.0/24\n", "rig x 1\n"},
	 rig_st_lan},
	{{"nat", "NAME LAN [OPTION...]",
	  "The host's network, without privileges, as a machine on LAN that answers DHCP and DNS. "
	  "The options are those of the switch's port of this kind (uml_switch(1)). Only in real "
	  "time.",
	  "nat world internet net=10.0.2.0/24 hostfwd=tcp::8025:10.0.2.15:25\n",
	  "rig x 1\ntime real\nlan internet\n"},
	 rig_st_nat},
	{{"link", "A[@ADDRESS...] [->] B[@ADDRESS...] [SETTING...]",
	  "A cable between two nodes, a node and a lan, or two lans. A node gets a card for it, "
	  "unless it has one there; addresses are written as for card=. Settings are those of "
	  "Documentation/links.md and hold for both ways; 'A -> B' is a statement of its own that "
	  "adds what holds for one.",
	  "link mx1@198.51.100.1/24 internet delay=40ms jitter=5ms/normal loss=0.5% rate=2Mbit "
	  "queue=64KiB\n"
	  "link mx1 -> internet rate=256kbit\n"
	  "link mx1@10.9.0.1/30 alice@10.9.0.2/30\n",
	  A_NET},
	 rig_st_link},
	{{"capture", "all | NAME [NAME] [filter=EXPRESSION] [snap=SIZE]",
	  "Frames are kept in the folder of the run as pcapng: of all links, of those of a node "
	  "or lan, or of the one between two. filter= is pcap-filter(7); snap= is how much of "
	  "each frame.",
	  "capture all\ncapture mx1 internet filter=\"tcp port 25\" snap=128B\n", A_LINK},
	 rig_st_capture},
	{{"at", "TIME|+TIME ACTION",
	  "A step, at a time since the start (all nodes are up then), or after the step above it. "
	  "Steps stand in the order of time. Actions:\n"
	  "link A [->] B SETTING...: what is not named stays. off NODE: an orderly end; crash "
	  "NODE: the power is cut; on NODE; reboot NODE; pause NODE; resume NODE.\n"
	  "run NODE \"COMMAND\" [as=NAME]: its output is kept, and under NAME it is a sample. "
	  "copy NODE FILE:/PLACE[:MODE]: into a node. fetch NODE /FILE [NAME]: out of it, into "
	  "the folder of the run. note \"TEXT\": for the time line. stop: the run ends.",
	  "at 10m link mx1 internet down\n"
	  "at +5m link mx1 internet up\n"
	  "at +0s run mx1 \"exim -qf\" as=flush\n"
	  "at 2h crash mx1\n"
	  "at +10s on mx1\n"
	  "at 3h fetch mx1 /var/log/exim4/mainlog mx1.log\n"
	  "at +1m stop\n",
	  A_LINK},
	 rig_st_at},
	{{"every", "TIME sample NODE NAME \"COMMAND\" | A->B  [from=TIME] [until=TIME]",
	  "A measurement that is made again and again: the first number in the output of a "
	  "command, or all figures of one way of a link. A command's name has letters, digits and "
	  "'_'.",
	  "every 1m sample mx1 queue \"exim -bpc\"\nevery 1s sample mx1->internet until=10m\n",
	  A_LINK},
	 rig_st_every},
	{{"expect",
	  "NODE.SAMPLE[.status] | A->B.FIGURE  COMPARISON VALUE  by TIME | within TIME | always "
	  "[from TIME] [until TIME]  [title=TEXT]",
	  "A verdict. by: it has become true at that time. within: the same, counted from the "
	  "step above it. always: every sample. Comparisons are == != < <= > >=, and 'has' for a "
	  "text in the output. A value with a unit is compared in seconds, bytes, bits a second "
	  "or percent; a text stands in quotes. .status is the command's exit status. Figures of "
	  "a link: frames, bytes, delivered, delivered_bytes, lost, dropped, queue, "
	  "queue_packets, queue_max.",
	  "expect mx1.queue == 0 by 1h\n"
	  "expect mx1.queue < 50 always from 10m title=\"the queue stays short\"\n"
	  "expect mx1.queue.status == 0 within 5m\n"
	  "expect mx1->internet.lost > 0 by 1h\n",
	  A_LINK "every 1m sample mx1 queue \"exim -bpc\"\nat 1m note \"begin\"\n"},
	 rig_st_expect},
	{{"show", "NODE.SAMPLE [title=TEXT]",
	  "What a command printed, the last time that it was measured, stands with the verdicts: "
	  "in the report, and at the end of what 'uml_rig run' prints. title= stands above it.",
	  "show mx1.queue title=\"mails that wait\"\n",
	  A_LINK "every 1m sample mx1 queue \"exim -bpc\"\n"},
	 rig_st_show},
	{{"set", "NAME VALUE",
	  "A variable: $NAME or ${NAME} stands for its value below, outside of quotes and in "
	  "\"...\". '-D NAME=VALUE' on the command line gives another value for one run. It may "
	  "hold several settings of a link.",
	  "set loss 0.5%\nset far \"delay=140ms rate=2Mbit\"\nlink mx1 internet loss=$loss $far\n",
	  A_NET},
	 rig_st_set},
	{{"include", "FILE",
	  "The statements of another file, which is looked for beside the one that names it. Up "
	  "to 8 deep.",
	  "include bad-dns.rig\n", "rig x 1\n"},
	 rig_st_include},
	{{"repeat", "NAME FIRST..LAST | NAME in WORD...",
	  "The statements up to its 'end', once for each number or word, which $NAME stands for. "
	  "${NAME+1} reckons with it: + - * / %, whole numbers, from left to right. Up to 4 deep.",
	  "lan ring\n"
	  "repeat i 1..8\n"
	  "  node mx$i card=ring@10.1.0.${i+10}/24\n"
	  "end\n"
	  "repeat city in london paris\n"
	  "  node $city card=ring\n"
	  "end\n",
	  "rig x 1\n"},
	 NULL},
	{{"end", "",
	  "The end of the innermost repeat that is open; it stands on a line of its own.",
	  "repeat i 1..2\n  lan net$i\nend\n", "rig x 1\n"},
	 NULL},
};

const struct rig_statement *rig_statement_at(uint32_t n)
{
	return n < RIG_COUNT(statements) ? &statements[n] : NULL;
}

const struct rig_statement *rig_statement_find(const char *name)
{
	uint32_t i;

	for (i = 0; i < RIG_COUNT(statements); i++)
		if (strcmp(statements[i].help.name, name) == 0)
			return &statements[i];
	return NULL;
}

const struct rig_help *rig_help(uint32_t n)
{
	return n < RIG_COUNT(statements) ? &statements[n].help : NULL;
}
