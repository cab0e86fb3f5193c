# Answers every HTTP request with a greeting. Numbers stand where others write names, because those are in modules
# that need not be there: 2 and 1 are IPv4 and TCP, 1 and 2 are the option that lets a port be used again at once.
socket(my $server, 2, 1, 0) or die "socket: $!\n";
setsockopt($server, 1, 2, pack('l', 1));
bind($server, pack('S n a4 x8', 2, $ENV{PORT}, "\0" x 4)) or die "port $ENV{PORT}: $!\n";
listen($server, 16) or die "port $ENV{PORT}: $!\n";

my $body = "Hello from a droplet: $ENV{GREETING}\n";
my $answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
$SIG{CHLD} = 'IGNORE';
while (accept(my $client, $server)) {
  next if fork;
  alarm 10;
  while (my $line = <$client>) {
    last if $line =~ /^\r?$/;
  }
  print $client $answer;
  exit;
}
