//! Two machines and the cable between them. A frame lies in the sender's ring until it is carried, by one copy as DMA
//! makes it, into the receiver's; from there smoltcp reads it in place.

use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr};

const RING: usize = 256;
const FRAME_BYTES: usize = 1514;
/// What is longer than this carries data.
const LONGEST_ACK: usize = 80;
/// Microseconds of virtual time that a turn takes.
const TURN: i64 = 5;

pub const CLIENT: IpAddress = IpAddress::v4(10, 0, 0, 1);
pub const SERVER: IpAddress = IpAddress::v4(10, 0, 0, 2);

struct Ring {
    frames: Vec<[u8; FRAME_BYTES]>,
    lengths: [usize; RING],
    first: usize,
    count: usize,
}

impl Ring {
    fn new() -> Self {
        Ring { frames: vec![[0; FRAME_BYTES]; RING], lengths: [0; RING], first: 0, count: 0 }
    }

    /// The place behind the last frame, of so many bytes.
    fn push(&mut self, length: usize) -> &mut [u8] {
        assert!(self.count < RING, "a ring is full");
        let place = (self.first + self.count) % RING;
        self.count += 1;
        self.lengths[place] = length;
        &mut self.frames[place][..length]
    }

    fn pop(&mut self) -> &mut [u8] {
        let place = self.first;
        self.first = (place + 1) % RING;
        self.count -= 1;
        &mut self.frames[place][..self.lengths[place]]
    }
}

pub struct Mac {
    rx: Ring,
    tx: Ring,
    /// Frames that the next poll may still take.
    ration: usize,
}

pub struct Receive<'a>(&'a mut [u8]);
pub struct Transmit<'a>(&'a mut Ring);

impl RxToken for Receive<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        f(self.0.push(length))
    }
}

impl Device for Mac {
    type RxToken<'a> = Receive<'a>;
    type TxToken<'a> = Transmit<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Receive<'_>, Transmit<'_>)> {
        if self.rx.count == 0 || self.ration == 0 || self.tx.count == RING {
            return None;
        }
        self.ration -= 1;
        Some((Receive(self.rx.pop()), Transmit(&mut self.tx)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Transmit<'_>> {
        (self.tx.count < RING).then_some(Transmit(&mut self.tx))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        // Every checksum is made and verified in software, which is the default.
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME_BYTES;
        capabilities
    }
}

pub struct End {
    pub interface: Interface,
    pub sockets: SocketSet<'static>,
    pub mac: Mac,
}

impl End {
    fn new(number: u8, address: IpAddress) -> Self {
        let mut mac = Mac { rx: Ring::new(), tx: Ring::new(), ration: 0 };
        let config = Config::new(EthernetAddress([2, 0, 0, 0, 0, number]).into());
        let mut interface = Interface::new(config, &mut mac, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(address, 24)).expect("room for an address");
        });
        End { interface, sockets: SocketSet::new(vec![]), mac }
    }

    fn poll(&mut self, now: Instant, ration: usize) {
        self.mac.ration = ration;
        self.interface.poll(now, &mut self.mac, &mut self.sockets);
    }
}

/// Frames that were sent.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub segments: u64,
    pub acks: u64,
}

pub struct Machines {
    pub client: End,
    pub server: End,
    counts: Counts,
    now: i64,
}

impl Machines {
    pub fn new() -> Self {
        Machines { client: End::new(1, CLIENT), server: End::new(2, SERVER), counts: Counts::default(), now: 1_000_000 }
    }

    pub fn turn_client(&mut self) {
        self.now += TURN;
        carry(&mut self.server, &mut self.client, &mut self.counts);
        self.client.poll(Instant::from_micros(self.now), usize::MAX);
    }

    /// The server takes at most so many of the frames that have come; true when some are left.
    pub fn turn_server(&mut self, ration: usize) -> bool {
        self.now += TURN;
        carry(&mut self.client, &mut self.server, &mut self.counts);
        self.server.poll(Instant::from_micros(self.now), ration);
        self.server.mac.rx.count > 0
    }

    /// Microseconds in which nothing is to happen but timers.
    pub fn wait(&mut self, time: i64) {
        self.now += time;
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn forget_counts(&mut self) {
        self.counts = Counts::default();
    }
}

fn carry(from: &mut End, to: &mut End, counts: &mut Counts) {
    while from.mac.tx.count > 0 && to.mac.rx.count < RING {
        let frame = from.mac.tx.pop();
        to.mac.rx.push(frame.len()).copy_from_slice(frame);
        if frame.len() > LONGEST_ACK {
            counts.segments += 1;
        } else {
            counts.acks += 1;
        }
    }
}
