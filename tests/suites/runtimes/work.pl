# Perl: forks, pipes, signals that interrupt calls, expressions, sorting, sockets.
use strict;
use warnings;
use IO::Select;
use POSIX qw(:sys_wait_h :signal_h);
use Socket;
use Time::HiRes qw(ualarm sleep time);

$| = 1;

my %count;
$count{ $_ * 2654435761 % 1009 }++ for 1 .. 200000;
print "buckets ", scalar(keys %count), " first ", join(",", (sort { $a <=> $b } keys %count)[0 .. 4]), "\n";

my $text = join " ", map { "word$_" } 1 .. 20000;
my $found = () = $text =~ /\bword(\d*7)\b/g;
print "matches $found\n";

my $total = 0;
for my $n (1 .. 30) {
	pipe(my $r, my $w) or die;
	my $pid = fork();
	if (!$pid) {
		close $r;
		print $w $n * $n;
		close $w;
		POSIX::_exit($n);
	}
	close $w;
	$total += <$r>;
	waitpid($pid, 0);
	die "status" if WEXITSTATUS($?) != $n;
}
print "children $total\n";

my $alarms = 0;
$SIG{ALRM} = sub { $alarms++ };
ualarm(3000, 3000);
my $x = 0;
$x += sqrt($_ % 17) while $alarms < 20 && ++$_;
ualarm(0);
print "alarms enough\n" if $alarms >= 20;

# A call that a signal ends.
{
	local $SIG{ALRM} = sub { die "late\n" };
	pipe(my $r, my $w) or die;
	ualarm(20000);
	eval { sysread($r, my $buf, 1); };
	print "read ended: $@";
}

socketpair(my $left, my $right, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
if (!fork()) {
	close $left;
	while (my $line = <$right>) {
		syswrite($right, uc $line);
	}
	POSIX::_exit(0);
}
close $right;
my $answers = 0;
for (1 .. 2000) {
	syswrite($left, "line $_\n");
	IO::Select->new($left)->can_read(5) or die "no answer";
	$answers++ if <$left> eq "LINE $_\n";
}
close $left;
wait();
print "answers $answers\n";

my $pid = fork();
if (!$pid) { sleep 20; POSIX::_exit(0) }
kill 'TERM', $pid;
waitpid($pid, 0);
print "ended by ", WTERMSIG($?), "\n";

my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 100003 } 1 .. 50000;
print "sorted $sorted[0] $sorted[-1]\n";
print "back ", `echo "from a shell"`;
print "status ", system("sh", "-c", "exit 5") >> 8, "\n";
