//! A stream that repeats one block of random bytes; every byte that arrives is compared with it.

const PERIOD: usize = 61 * 1460;
/// From any position on, so many bytes lie in one run: more than the largest window.
const LONGEST: usize = 512 * 1024;

pub struct Payload {
    block: Vec<u8>,
}

impl Payload {
    pub fn new() -> Self {
        let mut state = 0x9e37_79b9_u32;
        let mut block: Vec<u8> = (0..PERIOD)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state as u8
            })
            .collect();
        while block.len() < PERIOD + LONGEST {
            block.extend_from_within(..PERIOD);
        }
        Payload { block }
    }

    pub fn at(&self, position: usize, bytes: usize) -> &[u8] {
        let start = position % PERIOD;
        &self.block[start..start + bytes]
    }

    pub fn check(&self, position: usize, bytes: &[u8]) {
        assert!(self.at(position, bytes.len()) == bytes, "what arrived is not what was sent");
    }
}
