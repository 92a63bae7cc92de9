# Loader modules that a fuzz target links: FUZZ_SRC_<target> = file.c ...
FUZZ_SRC_fuzz_console = hostlib/linux/console_spec.c hostlib/linux/console_escape.c
FUZZ_SRC_fuzz_options = hostlib/linux/options.c
FUZZ_SRC_fuzz_load = hostlib/linux/load.c
FUZZ_SRC_fuzz_mconsole = hostlib/linux/hotplug_name.c hostlib/linux/options.c
FUZZ_SRC_fuzz_run = hostlib/linux/run_frames.c
