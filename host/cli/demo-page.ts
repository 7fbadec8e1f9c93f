// The page that simulated machines serve.

export const DEMO_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Thimble</title>
<h1>This page has travelled</h1>
<p>It was written into the buffers of a TCP socket, cut into segments that each fit one Ethernet frame,
numbered, checksummed, addressed, and handed to a network adapter descriptor by descriptor.</p>
<p>Before the first byte could go, the client had to learn which adapter on the cable answers to the
server's address (ARP), and both sides had to agree on where to start counting (SYN, SYN ACK, ACK).</p>
<ol>
<li>The application calls <code>connect</code>; the socket's control block goes to SYN-SENT.</li>
<li>The application calls <code>write</code>; the stack buffers, cuts and numbers what it is given.</li>
<li>Every byte counts one in the sequence numbers; an ACK says which one is expected next.</li>
<li>What is not acknowledged in time is sent again, from the very buffer it was first sent from.</li>
<li>The receiver puts the segments in order and hands the application a stream of bytes.</li>
<li>Each side ends its own direction with a FIN, and the one that did so first waits in TIME-WAIT,
in case the last ACK was lost and the other side asks again.</li>
</ol>
<p>All of it happened in memory that nobody allocated while it was running: sockets,
packets, timers and tables have lain in fixed pools since the module was built. The same bytes of
WebAssembly run here, in a browser and on a microcontroller.</p>
<p>What is drawn in the ladder is what was on the cable, frame by frame; nothing is staged. Run it
again with a seed of your own and some losses, and watch the stack repair them:</p>
<pre>thimble demo --wire sim:loss=10%,delay=20ms --seed 7</pre>
<h2>What is in a segment of this page</h2>
<p>14 bytes of Ethernet header: to whom, from whom, and that an IP packet follows. 20 bytes of IP
header: the addresses of both machines, how long the packet may live, and that TCP is inside. 20 bytes
of TCP header: the ports, which tell the conversations of one machine apart, the number of the first
byte, the number expected next, the flags, the room left in the receive buffer, and a checksum over all
of it. Then up to 1,460 bytes of what you are reading, and 4 bytes of frame check sequence, by which the
adapter at the other end notices damage before any software sees the frame.</p>
<h2>How much may be under way</h2>
<p>Two limits, and the smaller one counts. The receiver says with every segment how much room is left in
its buffer: that is the window, "win" in the ladder. The sender keeps a second limit to itself, the
congestion window: it begins with a few segments, grows with every acknowledgment, and shrinks when
something is lost, because somewhere on the way a queue may have been full.</p>
<p>That is why a long page starts slowly and then arrives faster and faster, and why one lost frame can
be felt for a while. This page is short; a longer one is fetched with <code>thimble get</code>.</p>
<h2>What is not in a segment</h2>
<p>Whose turn it is, what came before, what is still missing: none of that travels. Each side keeps it
in its own control block, and that is all a connection is: two blocks of memory that agree.</p>
</html>
`;
