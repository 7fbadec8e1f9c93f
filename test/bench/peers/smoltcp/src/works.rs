//! What is measured: the applications at both ends, each byte compared on arrival.

use crate::end::{Machines, CLIENT, SERVER};
use crate::payload::Payload;
use smoltcp::iface::SocketHandle;
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::IpEndpoint;

const PORT: u16 = 7000;
const REQUEST: u8 = 0x3f;
const ANSWER: u8 = 0x21;
/// Datagrams sent in a row, as many as in every peer.
const VOLLEY: usize = 64;
/// In bulk, a poll is given no more frames than this: smoltcp answers all that a poll takes in by one ACK, and ACKs are
/// to come at least every second segment.
const FRAMES_PER_POLL: usize = 2;
/// What smoltcp keeps in TIME-WAIT (its CLOSE_DELAY), in milliseconds; it cannot be set.
const TIME_WAIT_MS: usize = 10_000;
/// Turns in which what is waited for must have happened.
const PATIENCE: usize = 100_000;

pub trait Work {
    fn run(&mut self, count: usize);
    fn machines(&mut self) -> &mut Machines;
}

/// `work`: a number of works.ts. `pause`: milliseconds between connections.
pub fn start(work: usize, bytes: usize, pause: usize, window: usize) -> Box<dyn Work> {
    match work {
        0 => Box::new(Bulk { stream: Stream::open(window) }),
        1 => Box::new(RoundTrips { stream: Stream::open(window), bytes }),
        2 => Box::new(Connections::new(pause)),
        3 => Box::new(Datagrams::new(bytes)),
        _ => panic!("no such work"),
    }
}

fn tcp_socket(window: usize) -> tcp::Socket<'static> {
    tcp::Socket::new(tcp::SocketBuffer::new(vec![0; window]), tcp::SocketBuffer::new(vec![0; window]))
}

/// A connection from client to server that is open.
struct Stream {
    machines: Machines,
    payload: Payload,
    near: SocketHandle,
    far: SocketHandle,
    sent: usize,
    received: usize,
    returned: usize,
}

impl Stream {
    fn open(window: usize) -> Self {
        let mut machines = Machines::new();
        let near = machines.client.sockets.add(tcp_socket(window));
        let far = machines.server.sockets.add(tcp_socket(window));
        machines.server.sockets.get_mut::<tcp::Socket>(far).listen(PORT).expect("listen");
        let client = &mut machines.client;
        let socket = client.sockets.get_mut::<tcp::Socket>(near);
        socket.connect(client.interface.context(), (SERVER, PORT), 49152).expect("connect");
        // A run's last piece is short: it is not to wait for the ACK of those before.
        socket.set_nagle_enabled(false);
        for turn in 0.. {
            if machines.server.sockets.get::<tcp::Socket>(far).may_recv() {
                break;
            }
            assert!(turn < PATIENCE, "no connection comes up");
            machines.turn_client();
            machines.turn_server(usize::MAX);
        }
        Stream { machines, payload: Payload::new(), near, far, sent: 0, received: 0, returned: 0 }
    }

    fn write(&mut self, end: usize) {
        let socket = self.machines.client.sockets.get_mut::<tcp::Socket>(self.near);
        while self.sent < end && socket.can_send() {
            let room = socket.send_capacity() - socket.send_queue();
            let bytes = room.min(end - self.sent);
            self.sent += socket.send_slice(self.payload.at(self.sent, bytes)).expect("send");
        }
    }

    fn read(&mut self) {
        take_all(self.machines.server.sockets.get_mut(self.far), &self.payload, &mut self.received);
    }

    fn read_back(&mut self) {
        take_all(self.machines.client.sockets.get_mut(self.near), &self.payload, &mut self.returned);
    }
}

fn take_all(socket: &mut tcp::Socket, payload: &Payload, position: &mut usize) {
    while socket.can_recv() {
        let taken = socket.recv(|bytes| {
            payload.check(*position, bytes);
            (bytes.len(), bytes.len())
        });
        *position += taken.expect("recv");
    }
}

struct Bulk {
    stream: Stream,
}

impl Work for Bulk {
    fn run(&mut self, bytes: usize) {
        let stream = &mut self.stream;
        let end = stream.received + bytes;
        let mut idle = 0;
        while stream.received < end {
            let before = stream.received;
            stream.write(end);
            stream.machines.turn_client();
            while stream.machines.turn_server(FRAMES_PER_POLL) {
                stream.read();
            }
            stream.read();
            idle = if stream.received == before { idle + 1 } else { 0 };
            assert!(idle < PATIENCE, "nothing arrives any more");
        }
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.stream.machines
    }
}

struct RoundTrips {
    stream: Stream,
    bytes: usize,
}

impl Work for RoundTrips {
    fn run(&mut self, count: usize) {
        let stream = &mut self.stream;
        for _ in 0..count {
            let end = stream.received + self.bytes;
            stream.write(end);
            stream.machines.turn_client();
            stream.machines.turn_server(usize::MAX);
            stream.read();
            assert!(stream.received == end, "a message has not come, or not whole");
            let message = stream.payload.at(stream.returned, self.bytes);
            let far = stream.machines.server.sockets.get_mut::<tcp::Socket>(stream.far);
            assert!(far.send_slice(message) == Ok(self.bytes), "send");
            stream.machines.turn_server(usize::MAX);
            stream.machines.turn_client();
            stream.read_back();
            assert!(stream.returned == end, "an answer has not come, or not whole");
        }
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.stream.machines
    }
}

/// Connections one after the other, closed by the client, whose sockets rest until their TIME-WAIT is over.
struct Connections {
    machines: Machines,
    pause: usize,
    nears: Vec<SocketHandle>,
    far: SocketHandle,
    made: usize,
}

impl Connections {
    fn new(pause: usize) -> Self {
        let mut machines = Machines::new();
        let resting = TIME_WAIT_MS.div_ceil(pause) + 2;
        let nears = (0..resting).map(|_| machines.client.sockets.add(tcp_socket(5840))).collect();
        let far = machines.server.sockets.add(tcp_socket(5840));
        Connections { machines, pause, nears, far, made: 0 }
    }

    fn connect(&mut self) {
        let near = self.nears[self.made % self.nears.len()];
        let port = 49152 + (self.made % 16384) as u16;
        self.made += 1;
        let client = &mut self.machines.client;
        let server = &mut self.machines.server;
        server.sockets.get_mut::<tcp::Socket>(self.far).listen(PORT).expect("listen");
        let socket = client.sockets.get_mut::<tcp::Socket>(near);
        socket.connect(client.interface.context(), (SERVER, PORT), port).expect("connect");
        let mut has_asked = false;
        for turn in 0.. {
            self.machines.turn_client();
            let socket = self.machines.client.sockets.get_mut::<tcp::Socket>(near);
            if !has_asked && socket.can_send() {
                socket.send_slice(&[REQUEST]).expect("send");
                has_asked = true;
                self.machines.turn_client();
            } else if socket.can_recv() {
                take_byte(socket, ANSWER);
                socket.close();
                self.machines.turn_client();
            }
            if !self.serve() {
                break;
            }
            assert!(turn < PATIENCE, "a connection does not come to its end");
        }
        let state = self.machines.client.sockets.get::<tcp::Socket>(near).state();
        assert!(state == tcp::State::TimeWait, "the client has no TIME-WAIT");
    }

    /// The server's turn; false when its connection is over.
    fn serve(&mut self) -> bool {
        self.machines.turn_server(usize::MAX);
        let socket = self.machines.server.sockets.get_mut::<tcp::Socket>(self.far);
        if socket.can_recv() {
            take_byte(socket, REQUEST);
            socket.send_slice(&[ANSWER]).expect("send");
            self.machines.turn_server(usize::MAX);
        } else if socket.state() == tcp::State::CloseWait {
            socket.close();
            self.machines.turn_server(usize::MAX);
        }
        self.machines.server.sockets.get::<tcp::Socket>(self.far).state() != tcp::State::Closed
    }
}

fn take_byte(socket: &mut tcp::Socket, byte: u8) {
    let taken = socket.recv(|bytes| (bytes.len(), bytes.len() == 1 && bytes[0] == byte));
    assert!(taken == Ok(true), "another byte came than was sent");
}

impl Work for Connections {
    fn run(&mut self, count: usize) {
        for _ in 0..count {
            self.connect();
            self.machines.wait(self.pause as i64 * 1000);
            self.machines.turn_client(); // timers: the oldest TIME-WAIT comes to its end
        }
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.machines
    }
}

struct Datagrams {
    machines: Machines,
    payload: Payload,
    bytes: usize,
    near: SocketHandle,
    far: SocketHandle,
    sent: usize,
    received: usize,
}

impl Datagrams {
    fn new(bytes: usize) -> Self {
        let mut machines = Machines::new();
        let socket = || {
            let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; VOLLEY], vec![0; VOLLEY * 1472]);
            udp::Socket::new(buffer(), buffer())
        };
        let near = machines.client.sockets.add(socket());
        let far = machines.server.sockets.add(socket());
        machines.client.sockets.get_mut::<udp::Socket>(near).bind((CLIENT, PORT)).expect("bind");
        machines.server.sockets.get_mut::<udp::Socket>(far).bind((SERVER, PORT)).expect("bind");
        Datagrams { machines, payload: Payload::new(), bytes, near, far, sent: 0, received: 0 }
    }

    fn send(&mut self, end: usize) {
        let to = IpEndpoint::new(SERVER, PORT);
        let socket = self.machines.client.sockets.get_mut::<udp::Socket>(self.near);
        for _ in 0..VOLLEY.min(end - self.sent) {
            let message = self.payload.at(self.sent * self.bytes, self.bytes);
            socket.send_slice(message, to).expect("send");
            self.sent += 1;
        }
    }

    fn receive(&mut self) {
        let socket = self.machines.server.sockets.get_mut::<udp::Socket>(self.far);
        while let Ok((message, _)) = socket.recv() {
            assert!(message.len() == self.bytes, "a datagram came with another length");
            self.payload.check(self.received * self.bytes, message);
            self.received += 1;
        }
    }
}

impl Work for Datagrams {
    fn run(&mut self, count: usize) {
        let end = self.received + count;
        while self.received < end {
            self.send(end);
            for turn in 0.. {
                self.machines.turn_client();
                self.machines.turn_server(usize::MAX);
                self.receive();
                if self.received == self.sent {
                    break;
                }
                assert!(turn < PATIENCE, "datagrams are lost");
            }
        }
    }

    fn machines(&mut self) -> &mut Machines {
        &mut self.machines
    }
}
