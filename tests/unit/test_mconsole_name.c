// SPDX-License-Identifier: GPL-2.0
/* Names of devices in config and remove: a table. */
#include <stdio.h>
#include <string.h>
#include "hotplug_name.h"
#include "suite.h"

static const struct {
	const char *text;
	int kind; /* 0: refused */
	unsigned int index;
	const char *name, *setting;
} names[] = {
	{"ubd0", NL_KIND_UBD, 0, "ubd0", NULL},
	{"ubd15", NL_KIND_UBD, 15, "ubd15", NULL},
	{"ubda", NL_KIND_UBD, 0, "ubd0", NULL},
	{"ubdp=x", NL_KIND_UBD, 15, "ubd15", "x"},
	{"ubd1rs=a=b,c", NL_KIND_UBD, 1, "ubd1", "a=b,c"},
	{"ubd2=", NL_KIND_UBD, 2, "ubd2", ""},
	{"con0", NL_KIND_CON, 0, "con0", NULL},
	{"con15=pts", NL_KIND_CON, 15, "con15", "pts"},
	{"ssl63=port:9000", NL_KIND_SSL, 63, "ssl63", "port:9000"},
	{"ubd", 0, 0, NULL, NULL},
	{"ubd=", 0, 0, NULL, NULL},
	{"ubd16", 0, 0, NULL, NULL},
	{"ubdq", 0, 0, NULL, NULL},
	{"ubd1r", 0, 0, NULL, NULL},
	{"ubd-1", 0, 0, NULL, NULL},
	{"ubd18446744073709551616", 0, 0, NULL, NULL},
	{"ubd4294967297", 0, 0, NULL, NULL},
	{"con", 0, 0, NULL, NULL},
	{"con=null", 0, 0, NULL, NULL},
	{"con16", 0, 0, NULL, NULL},
	{"con1x", 0, 0, NULL, NULL},
	{"ssl64", 0, 0, NULL, NULL},
	{"eth0", NL_KIND_NET, 0, "eth0", NULL},
	{"eth15=nat", NL_KIND_NET, 15, "eth15", "nat"},
	{"vec3:transport=tap", NL_KIND_NET, 3, "eth3", "transport=tap"},
	{"eth16", 0, 0, NULL, NULL},
	{"eth", 0, 0, NULL, NULL},
	{"eth1x=nat", 0, 0, NULL, NULL},
	{"vec-1", 0, 0, NULL, NULL},
	{"", 0, 0, NULL, NULL},
	{"=", 0, 0, NULL, NULL},
	{"disk", 0, 0, NULL, NULL},
};

static void table(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char error[OPTIONS_ERROR_LEN] = "";
		struct hotplug_device d;
		int err = hotplug_name(names[i].text, &d, error);

		if ((err == 0) != (names[i].kind != 0))
			printf("\n'%s': %d %s\n", names[i].text, err, error);
		CU_ASSERT_EQUAL(err == 0, names[i].kind != 0);
		if (err) {
			CU_ASSERT(error[0] != '\0');
			continue;
		}
		CU_ASSERT_EQUAL((int)d.kind, names[i].kind);
		CU_ASSERT_EQUAL(d.index, names[i].index);
		CU_ASSERT_STRING_EQUAL(d.name, names[i].name);
		CU_ASSERT_EQUAL(d.setting == NULL, names[i].setting == NULL);
		if (d.setting && names[i].setting)
			CU_ASSERT_STRING_EQUAL(d.setting, names[i].setting);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"table", table},
		CU_TEST_INFO_NULL,
	};

	return run_suite("device names", NULL, NULL, tests);
}
