# Loader modules that a unit test links: UNIT_OBJ_<test> = module.o ...
UNIT_OBJ_test_chan_spec = console_spec.o console_escape.o
UNIT_OBJ_test_options = options.o
UNIT_OBJ_test_load = load.o
