# SPDX-License-Identifier: GPL-2.0
# The program of /rig/figures, which says what it reads. Times are seconds since 1970.

# --- reading -----------------------------------------------------------------------------------

# Days since 1970 of a date (the civil calendar, months from March).
function days(y, m, d,  era, yoe, doy) {
	if (m <= 2) y--
	era = int(y / 400)
	yoe = y - era * 400
	doy = int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1
	return era * 146097 + yoe * 365 + int(yoe / 4) - int(yoe / 100) + doy - 719468
}
function moment(date, time,  a, b) {
	split(date, a, "-")
	split(time, b, ":")
	return days(a[1], a[2] + 0, a[3] + 0) * 86400 + b[1] * 3600 + b[2] * 60 + b[3]
}
function domain(address) { sub(/.*@/, "", address); sub(/[>:]*$/, "", address); return tolower(address) }
function plain(address) { gsub(/^.*<|[>:].*$/, "", address); return address }
function field(name,  i, text) {
	for (i = 3; i <= NF; i++)
		if (index($i, name "=") == 1) {
			text = substr($i, length(name) + 2)
			gsub(/[<>]/, "", text)
			return text
		}
	return ""
}

# A delivery of a message, wherever it is seen; the first one counts.
function arrived(id, to, when) {
	if (!((id, to) in handed)) return
	if (!copies[id, to]++ || when < arrival[id, to]) arrival[id, to] = when
}

# What the servers of names said last about a domain before `when`.
function said_of(d, when,  i, what) {
	for (i = 1; i <= said[d] && said_at[d, i] <= when; i++) what = said_what[d, i]
	return what == "" ? "the resolver" : what
}

# Why an address was put off, in words.
function cause(d,  text, stage) {
	text = $0
	if (text ~ /lookup did not complete|lookup gave temporary|lowest numbered MX|all relevant MX|DNS/)
		return "DNS: " said_of(d, now)
	if (text ~ /SMTP timeout/) return "timeout in the dialogue"
	if (text ~ /timed out/) return "connect: timeout"
	if (text ~ /Connection refused/) return "connect: refused"
	if (text ~ /No route to host|unreachable/) return "connect: no way there"
	if (text ~ /TLS/) return "TLS"
	if (text ~ /reset by peer|closed connection|lost connection|Broken pipe/) return "connection reset or closed"
	if (text ~ /initial connection/) return "4xx after the connection"
	if (text ~ /SMTP error from remote mail server after/) {
		stage = text
		sub(/.*remote mail server after (pipelined )?/, "", stage)
		if (stage ~ /^end of data/) return "4xx after the final dot"
		sub(/[: ].*/, "", stage)
		return "4xx after " stage
	}
	return "other"
}

# How long to wait, by the rule F,2h,15m; G,16h,1h,1.5; F,4d,6h (Exim's specification, 32.7), after an
# attempt `since` seconds after the first, which was itself put off for `gap`.
function rule_wait(since, gap) {
	if (since <= 7200) return 900
	if (since > 57600) return 21600
	return gap < 3600 ? 3600 : gap * 1.5
}

# An attempt for an address failed for now. If it was not the first of its message, was it at its time?
# That is counted from the last attempt for the address, for whichever message (49.2), and comes with the
# daemon's next run of the queue, or the one after. Attempts of one run are one.
function attempted(message, address, when,  key, gap, wait) {
	key = node SUBSEP address
	if (!(key in first_try)) first_try[key] = when
	else if ((message, address) in seen && when - last_try[key] > 60) {
		gap = when - last_try[key]
		wait = rule_wait(last_try[key] - first_try[key], last_gap[key])
		if (gap < wait - 2) early++
		else if (gap > wait + late) overdue++
		else in_time++
		last_gap[key] = wait
	}
	seen[message, address] = 1
	last_try[key] = when
}

# How long the queue of each node was: called at each change.
function queue_moves(node, when, by,  b) {
	if (node in queue_since) {
		b = bucket(queue[node])
		queue_time[b] += when - queue_since[node]
		queue_area += queue[node] * (when - queue_since[node])
		queue_span += when - queue_since[node]
		if (by < 0) queue_out[b]++
	}
	queue_since[node] = when
	queue[node] += by
	if (queue[node] > queue_max) queue_max = queue[node]
}
function bucket(n,  b) { for (b = 1; b <= n; b *= 2) ; return b }
function bucket_name(b) { return int(b / 2) (b > 2 ? "-" b - 1 : "") }

BEGIN {
	all_causes = "DNS: servfail;DNS: refused;DNS: nxdomain;DNS: formerr;DNS: lame;DNS: timeout;DNS: wrongid;" \
		"connect: refused;connect: timeout;connect: no way there;connection reset or closed;timeout in the dialogue;TLS;" \
		"4xx after the connection;4xx after EHLO;4xx after MAIL;4xx after RCPT;4xx after DATA;4xx after the final dot"
	n = split(good, word, " ")
	for (i = 1; i <= n; i++) is_good[word[i]] = 1
	nphases = split(phases, phase, " ") / 2
	nhealed = split(healed, heal, " ") / 3
	ncauses = split(all_causes, cause_of, ";")
	for (i = 1; i <= ncauses; i++) causes[cause_of[i]] = 0
	late = 600 # two runs of the queue
}
FNR == 1 { node = FILENAME; sub(/.*\//, "", node); kind = node; sub(/\..*/, "", node); sub(/.*\./, "", kind) }

kind == "submit" && $2 == "submitted" {
	handed[$3, field("to")] = $1
	wanted[domain(field("to"))] = 1
	submitted++
	if (!first || $1 < first) first = $1
	if ($1 > last) last = $1
}
kind == "submit" && $2 == "again" { refused_for_now++ }
kind == "submit" && $2 == "refused" { refused++ }

kind == "smtpd" && $2 == "message" { arrived(field("id"), field("to"), $1); taken[node]++ }
kind == "smtpd" && $2 == "connect" && NF == 3 { connections[node]++ }

kind == "dnsd" {
	questions[node]++
	what = $NF
	sub(/^fault:/, "", what)
	answers[node, what]++
	said_at[$4, ++said[$4]] = $1
	said_what[$4, said[$4]] = what
	if (what != "noerror" && !($4 in bad_name)) { bad_name[$4] = 1; first_bad[$4] = $1 }
}
kind == "named" && / query: / { asked[node]++ }

kind == "mainlog" && $1 ~ /^[0-9]+-/ { now = moment($1, $2) }
kind == "mainlog" && $4 == "<=" {
	ids[node, $3] = field("id")
	if ($5 == "<>") { if ((node, field("R")) in gave_up) bounce_messages++; else warnings++ }
	into[node]++
	since[node, $3] = now
	queue_moves(node, now, 1)
}
kind == "mainlog" && ($4 == "=>" || $4 == "->") {
	out[node]++
	delete first_try[node, plain($5)]
	if (/ R=local_user /) arrived(ids[node, $3], plain($6), now)
	else { sent[node]++; if (/\]\*/) reused++ }
	tries[node, $3]++
}
kind == "mainlog" && $4 == "**" {
	to = plain($5)
	if (to !~ /@/) to = plain($6)
	given_up[ids[node, $3], to]++
	gave_up[node, $3] = 1
	bounced++
	fails[domain(to)]++
	tries[node, $3]++
}
kind == "mainlog" && $4 == "==" && /retry time not reached/ { not_yet++ }
kind == "mainlog" && $4 == "==" && !/retry time not reached/ {
	to = plain($5)
	if (to !~ /@/) to = plain($6)
	retries++
	causes[cause(domain(to))]++
	put_off[domain(to)]++
	tries[node, $3]++
	attempted(node SUBSEP $3, to, now)
}
kind == "mainlog" && $4 == "Completed" {
	queue_moves(node, now, -1)
	finished[node, $3] = now
	tried[tries[node, $3]]++
	stay = now - since[node, $3]
	stays++
	stay_sum += stay
	if (stay > stay_most) stay_most = stay
}

# --- reckoning ---------------------------------------------------------------------------------

# The part of the run that a moment is in.
function phase_of(when,  i, name) {
	for (i = 1; i <= nphases; i++) if (when >= first + phase[2 * i]) name = phase[2 * i - 1]
	return name
}

function fates(  key, part, d, p) {
	for (key in since) if (!(key in finished)) {
		left++
		if (now - since[key] > oldest) oldest = now - since[key]
		kept[ids[key]] = 1
	}
	for (key in handed) {
		split(key, part, SUBSEP)
		d = domain(part[2])
		if (copies[key] > 1) twice++
		if (copies[key] && given_up[key]) both++
		if (!copies[key]) {
			if (!given_up[key] && !(part[1] in kept)) { if (++lost <= 10) lost_names = lost_names " " part[1] ">" part[2] }
			continue
		}
		took = arrival[key] - handed[key]
		times[++delivered] = took
		count[d]++
		sum[d] += took
		if (took > worst[d]) worst[d] = took
		if (!(d in is_good)) continue
		if (took > harm) harm = took
		p = phase_of(handed[key])
		good_count[p]++
		good_sum[p] += took
		if (took > good_worst[p]) good_worst[p] = took
	}
}

# Whether a domain is one of a list by commas; *.NAME stands for all below it.
function is_one_of(d, list,  n, i, part) {
	n = split(list, part, ",")
	for (i = 1; i <= n; i++) {
		if (part[i] == d) return 1
		if (part[i] ~ /^\*/ && substr(d, length(d) - length(part[i]) + 2) == substr(part[i], 2)) return 1
	}
	return 0
}

# How long after something was healed the last message arrived that had waited for it.
function recovery(i,  at, key, end, part) {
	at = end = first + heal[3 * i - 1]
	for (key in handed) {
		split(key, part, SUBSEP)
		if (handed[key] < at && arrival[key] > end && is_one_of(domain(part[2]), heal[3 * i])) end = arrival[key]
	}
	return end - at
}

# In order, by insertion: keys of an array, or times.
function sorted(from, to,  n, i, k, key) {
	n = 0
	for (key in from) {
		for (i = n++; i > 0 && to[i] > key; i--) to[i + 1] = to[i]
		to[i + 1] = key
	}
	return n
}
function sort_times(  i, k, t) {
	for (k = 2; k <= delivered; k++) {
		t = times[k]
		for (i = k - 1; i > 0 && times[i] > t; i--) times[i + 1] = times[i]
		times[i + 1] = t
	}
}
function share(percent) { return delivered ? sprintf("%.1f", times[int((delivered - 1) * percent / 100) + 1]) : "-" }
function rate(n, span) { return span > 0 ? sprintf("%.1f", n * 3600 / span) : "-" }
function mean(total, n) { return n ? sprintf("%.1f", total / n) : "-" }

# --- the table ---------------------------------------------------------------------------------

function head(text) { printf "%s%s\n", heads++ ? "\n" : "", text }
function line(name, value) { printf "  %-46s %s\n", name, value }

function messages(  i, n, key) {
	head("Messages")
	line("handed in by clients", submitted + 0)
	line("  an hour, while they came", rate(submitted, last - first))
	n = sorted(into, key)
	for (i = 1; i <= n; i++) line("taken by " key[i] ", an hour", into[key[i]] ", " rate(into[key[i]], last - first))
	n = sorted(out, key)
	for (i = 1; i <= n; i++) line("delivered by " key[i] ", an hour; of these to others", \
		out[key[i]] ", " rate(out[key[i]], last - first) "; " sent[key[i]] + 0)
	line("delivered, of those handed in", delivered + 0)
	line("given up, addresses", bounced + 0)
	line("bounces sent", bounce_messages + 0)
	line("warnings of delay sent", warnings + 0)
	line("refused at the door for now, for ever", refused_for_now + 0 ", " refused + 0)
	line("LOST", lost + 0 lost_names)
	line("DELIVERED TWICE", twice + 0)
	line("DELIVERED AND BOUNCED", both + 0)
}

function queues(  b) {
	head("Queue")
	line("longest, mean", queue_max + 0 ", " mean(queue_area, queue_span))
	line("time of a message in it, s: mean, longest", mean(stay_sum, stays) ", " sprintf("%.0f", stay_most))
	line("left at the end; oldest, s", left + 0 "; " int(oldest))
	for (b = 1; b <= 65536; b *= 2) if (queue_time[b] > 0) {
		line("with " bucket_name(b) " in it: out an hour", rate(queue_out[b], queue_time[b]))
		if (queue_time[b] >= 60 && queue_out[b] / queue_time[b] > best) { best = queue_out[b] / queue_time[b]; best_bucket = b }
	}
}

function delivery_times(  i, n, key, d) {
	head("Time to delivery, s")
	sort_times()
	line("half of all, 90 %, all within", share(50) ", " share(90) ", " share(100))
	n = sorted(count, key)
	for (i = 1; i <= n; i++) {
		d = key[i]
		line(d " (" count[d] "): mean, longest", sprintf("%.1f, %.1f", sum[d] / count[d], worst[d]))
	}
	head("Attempts for each message")
	for (i = 1; i <= 1000; i++) if (tried[i]) line(i " attempt" (i > 1 ? "s" : ""), tried[i] " messages")
}

function retry_table(  i, n, key, all) {
	head("Retries by cause")
	n = sorted(causes, key)
	for (i = 1; i <= n; i++) line(key[i], causes[key[i]])
	line("all", retries + 0)
	line("looked at and left, before their time", not_yet + 0)
	head("Retries against the rule (F,2h,15m; G,16h,1h,1.5; F,4d,6h, and two runs of the queue)")
	line("at their time", in_time + 0)
	line("sooner (another message had got through)", early + 0)
	line("later (its host had failed for another)", overdue + 0)
	head("Retries and failures by destination")
	for (i in put_off) all[i]
	for (i in fails) all[i]
	n = sorted(all, key)
	for (i = 1; i <= n; i++) line(key[i], put_off[key[i]] + 0 " put off, " fails[key[i]] + 0 " given up")
}

function names_and_connections(  i, n, key, part) {
	head("Names")
	n = sorted(asked, key)
	for (i = 1; i <= n; i++) line("questions to " key[i] "; for each delivery", asked[key[i]] "; " mean(asked[key[i]], delivered))
	n = sorted(answers, key)
	for (i = 1; i <= n; i++) { split(key[i], part, SUBSEP); line("answers of " part[1] ": " part[2], answers[key[i]]) }
	head("Connections")
	n = sorted(taken, key)
	for (i = 1; i <= n; i++) line("messages, connections at " key[i], taken[key[i]] ", " connections[key[i]] + 0)
	line("deliveries over a connection in use", reused + 0)
}

function harm_and_recovery(  i, p) {
	head("Harm to good destinations: time to delivery, s")
	for (i = 1; i <= nphases; i++) {
		p = phase[2 * i - 1]
		line(p " (" good_count[p] + 0 "): mean, longest", mean(good_sum[p], good_count[p]) ", " sprintf("%.1f", good_worst[p]))
	}
	line("all: longest", sprintf("%.1f", harm))
	if (nhealed) head("Recovery: until nothing that had waited for it did any more, s")
	for (i = 1; i <= nhealed; i++) line(heal[3 * i - 2], sprintf("%.0f", recovery(i)))
}

function the_questions(  i, n, key, d, all) {
	head("The questions of the first text")
	line("How many messages per hour?", rate(submitted, last - first) " in, " rate(delivered, last - first) " delivered")
	n = sorted(wanted, key)
	for (i = 1; i <= n; i++) if (key[i] in bad_name) {
		d = key[i]
		line("How many retries did that bad DNS entry cause?", put_off[d] + 0 " (" d ": " said_of(d, first_bad[d]) ")")
		all += put_off[d]
	}
	line("  all bad DNS entries together", all + 0)
	line("What was the best queue size?", bucket_name(best_bucket) " (" sprintf("%.0f", best * 3600) " out an hour)")
}

# One number, for -q.
function answer(  i) {
	if (only == "lost") return lost
	if (only == "twice") return twice
	if (only == "both") return both
	if (only == "refused") return refused
	if (only == "bounced") return bounced
	if (only == "delivered") return delivered
	if (only == "retries") return retries
	if (only == "early") return early
	if (only == "queue") return left
	if (only == "harm") return harm
	for (i = 1; i <= nphases; i++) if (only == "harm-" phase[2 * i - 1]) return good_worst[phase[2 * i - 1]]
	for (i = 1; i <= nhealed; i++) if (only == "recovery-" heal[3 * i - 2]) return recovery(i)
	return -1
}

END {
	fates()
	if (only) {
		printf "%d\n", answer()
		exit
	}
	messages()
	queues()
	delivery_times()
	retry_table()
	names_and_connections()
	harm_and_recovery()
	the_questions()
}
