/* SPDX-License-Identifier: GPL-2.0 */
/* What a unit test's main() does with CUnit. */
#ifndef NESTLING_TEST_SUITE_H
#define NESTLING_TEST_SUITE_H

#include <CUnit/Basic.h>
#include <stdbool.h>

/*
 * Runs `suites`, which end with CU_SUITE_INFO_NULL. Returns what main() is to return: 0 all passed,
 * else 1, also where CUnit could not set up, and so did not run, one of them.
 */
static inline int run_suites(CU_SuiteInfo *suites)
{
	bool failed = true;

	if (CU_initialize_registry() == CUE_SUCCESS && CU_register_suites(suites) == CUE_SUCCESS) {
		CU_basic_set_mode(CU_BRM_VERBOSE);
		failed = CU_basic_run_tests() != CUE_SUCCESS || CU_get_number_of_suites_failed() ||
			 CU_get_number_of_failures();
	}
	CU_cleanup_registry();
	return failed;
}

/*
 * One suite: `tests`, which end with CU_TEST_INFO_NULL, between set_up() and tear_down(), each NULL or
 * a function that returns 0 if all went well. Returns as run_suites() does.
 */
static inline int run_suite(const char *name, CU_InitializeFunc set_up, CU_CleanupFunc tear_down,
			    CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {{name, set_up, tear_down, NULL, NULL, tests}, CU_SUITE_INFO_NULL};

	return run_suites(suites);
}

#endif
