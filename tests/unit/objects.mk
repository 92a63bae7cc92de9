# What a unit test links: loader modules, UNIT_OBJ_<test> = module.o ..., engine modules, UNIT_ENGINE_<test>
UNIT_OBJ_test_chan_spec = console_spec.o console_escape.o
UNIT_OBJ_test_options = options.o options_net.o
UNIT_OBJ_test_load = load.o
UNIT_OBJ_test_mconsole = mconsole.o mconsole_answer.o mconsole_command.o hotplug.o hotplug_name.o console_spec.o control.o ctx.o disks.o options.o options_net.o net.o net_mac.o net_helper.o vhost_front.o
UNIT_OBJ_test_run = run_options.o run_frames.o options.o options_net.o
UNIT_OBJ_test_mconsole_name = hotplug_name.o options.o options_net.o
UNIT_OBJ_test_options_net = options_net.o
UNIT_OBJ_test_confine_why = confine_why.o
UNIT_ENGINE_test_place = place_rules.o
# Allocations of these fail on purpose.
$(B)/unit/test_rig_memory: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/unit/test_rigrun_record $(B)/unit/test_rigrun_report $(B)/unit/test_rigrun_sweep_table: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
# Servers of the mail rigs.
$(B)/unit/test_servers_dns: $(addprefix $(B)/obj/rootfs/servers/,dnsd_wire.o dnsd_zone.o dnsd_answer.o common.o)
$(B)/unit/test_servers_smtp: $(addprefix $(B)/obj/rootfs/servers/,smtpd_line.o smtpd_plan.o smtpd_greylist.o common.o)
$(B)/unit/test_servers_submit: $(B)/obj/rootfs/servers/submit_reply.o
# The filters themselves, and libseccomp for the numbers of calls.
$(B)/unit/test_filters: $(FILTERS)
$(B)/unit/test_filters: CPPFLAGS += -I$(dir $(FILTERS))
$(B)/unit/test_filters: LIBS_libhost += -lseccomp
# The client of the management console, without its guests.
$(B)/unit/test_mconsole_client: $(B)/obj/hostlib/uml_mconsole/client.o
