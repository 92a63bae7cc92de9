# Loader modules that a fuzz target links: FUZZ_SRC_<target> = file.c ...
FUZZ_SRC_fuzz_console = hostlib/linux/console_spec.c hostlib/linux/console_escape.c
FUZZ_SRC_fuzz_options = hostlib/linux/options.c hostlib/linux/options_net.c
FUZZ_SRC_fuzz_load = hostlib/linux/load.c
FUZZ_SRC_fuzz_mconsole = hostlib/linux/hotplug_name.c hostlib/linux/options.c hostlib/linux/options_net.c
FUZZ_SRC_fuzz_run = hostlib/linux/run_frames.c
FUZZ_SRC_fuzz_vhost = hostlib/switch/vhost.c hostlib/switch/vring.c hostlib/switch/memory_map.c
FUZZ_SRC_fuzz_link = $(wildcard hostlib/switch/link*.c) hostlib/switch/calendar.c hostlib/switch/packet.c \
	hostlib/switch/rng.c hostlib/switch/offload.c
FUZZ_LIBS_fuzz_link = -lm
FUZZ_SRC_fuzz_offload = hostlib/switch/offload.c hostlib/switch/packet.c
FUZZ_SRC_fuzz_stp = hostlib/switch/stp_bpdu.c
FUZZ_SRC_fuzz_old = hostlib/switch/port_old_parse.c
FUZZ_SRC_fuzz_nat = hostlib/switch/port_nat_config.c hostlib/switch/port_words.c
FUZZ_SRC_fuzz_nat_merge = $(addprefix hostlib/switch/,port_nat_merge.c offload.c packet.c)
FUZZ_SRC_fuzz_rig = $(RIG_SRC) $(addprefix hostlib/switch/,link_parse.c link_print.c link_spec.c port_nat_config.c port_words.c)
FUZZ_SRC_fuzz_said = $(RIG_SRC) $(addprefix hostlib/switch/,link_parse.c link_print.c link_spec.c port_nat_config.c port_words.c)
FUZZ_LIBS_fuzz_rig = -lm
FUZZ_LIBS_fuzz_said = -lm
FUZZ_SRC_fuzz_agent = $(addprefix hostlib/rigrun/,agent.c agent_node.c agent_request.c)
FUZZ_SRC_fuzz_frames = hostlib/rigrun/frames.c
FUZZ_SRC_fuzz_sweep = $(FUZZ_SRC_fuzz_rig) $(addprefix hostlib/rigrun/,sweep_amount.c sweep_range.c sweep_read.c)
FUZZ_LIBS_fuzz_sweep = -lm
FUZZ_SRC_fuzz_dnsd = $(addprefix rootfs/servers/,dnsd_wire.c dnsd_zone.c dnsd_answer.c common.c)
FUZZ_SRC_fuzz_smtpd = $(addprefix rootfs/servers/,smtpd_line.c smtpd_plan.c common.c)
FUZZ_SRC_fuzz_session = $(addprefix rootfs/servers/,smtpd_greylist.c smtpd_line.c smtpd_plan.c smtpd_session.c common.c)
FUZZ_COMMA := ,
FUZZ_LIBS_fuzz_session = $(addprefix -Wl$(FUZZ_COMMA)--wrap=,recv send _exit log_line common_since_start_ms common_sleep_ms)
FUZZ_SRC_fuzz_lines = hostlib/uml_tap/nat.c
FUZZ_LIBS_fuzz_lines = -Ihostlib/uml_tap
# With quiet.h.
FUZZ_QUIET = -Wl,--wrap=log_warn,--wrap=log_info
FUZZ_SRC_fuzz_channel = $(addprefix hostlib/linux/,control.c ctx.c net.c net_mac.c options.c options_net.c vhost_front.c)
FUZZ_LIBS_fuzz_channel = $(FUZZ_QUIET) -Wl,--wrap=clock_gettime
FUZZ_SRC_fuzz_front = hostlib/linux/vhost_front.c
FUZZ_SRC_fuzz_lane = hostlib/rigrun/lane.c hostlib/rigrun/lane_page.c hostlib/switch/calendar.c
FUZZ_LIBS_fuzz_lane = -Wl,--wrap=ppoll
# The switch without its kinds of ports.
FUZZ_SWITCH = $(wildcard hostlib/switch/capture*.c hostlib/switch/link*.c hostlib/switch/stp*.c) \
	$(addprefix hostlib/switch/,bridge.c calendar.c macs.c offload.c packet.c rng.c switch.c vlan.c \
	port_common.c port_queue.c port_unix.c port_wire.c port_words.c)
FUZZ_SRC_fuzz_port = $(addprefix hostlib/switch/,port_guest.c port_guest_send.c vhost.c vring.c memory_map.c) $(FUZZ_SWITCH)
FUZZ_LIBS_fuzz_port = -lm -lpcap $(FUZZ_QUIET)
FUZZ_SRC_fuzz_vlan = $(addprefix hostlib/switch/,offload.c packet.c vlan.c)
FUZZ_SRC_fuzz_join = hostlib/switch/port_client.c $(FUZZ_SWITCH)
FUZZ_LIBS_fuzz_join = -lm -lpcap $(FUZZ_QUIET) -Wl,--wrap=clock_gettime
FUZZ_SRC_fuzz_record = $(addprefix hostlib/uml_tap/,host.c nat.c plan.c record.c step.c)
FUZZ_LIBS_fuzz_record = -Ihostlib/uml_tap $(shell pkg-config --cflags libnl-3.0) $(LIBS_uml_tap)
FUZZ_SRC_fuzz_ctl = $(addprefix hostlib/uml_switch/,captures.c ctl.c ctl_command.c ctl_show.c) \
	hostlib/switch/port_nat_config.c $(FUZZ_SWITCH)
FUZZ_LIBS_fuzz_ctl = -Ihostlib/uml_switch -lm -lpcap $(FUZZ_QUIET) -Wl,--wrap=capture_open
FUZZ_SRC_fuzz_pcap = hostlib/switch/port_pcap.c $(FUZZ_SWITCH)
FUZZ_LIBS_fuzz_pcap = -lm -lpcap $(FUZZ_QUIET) -Wl,--wrap=port_input
FUZZ_SRC_fuzz_serve = $(addprefix hostlib/rigrun/,run_serve.c run_client.c)
FUZZ_SRC_fuzz_answers = hostlib/uml_rig/client.c hostlib/uml_switch/answer.c hostlib/uml_mconsole/client.c \
	rootfs/servers/submit_reply.c
FUZZ_LIBS_fuzz_answers = -Wl,--wrap=log_warn,--wrap=log_err
FUZZ_SRC_fuzz_request = $(addprefix rootfs/tiny/,agent_request.c agent_file.c agent_setup.c agent_exec.c)
# All that could change the machine where the target runs.
FUZZ_AGENT_CALLS = close write read mkdir unlink open64 fchmod rename fstat64 pipe2 fork setsid dup2 umask sigprocmask signal chdir clearenv putenv \
	_exit execl execlp kill waitpid ioctl fcntl64 sync reboot sethostname
FUZZ_LIBS_fuzz_request = $(addprefix -Xlinker --wrap=,$(FUZZ_AGENT_CALLS) setup file_get exec_begin)
