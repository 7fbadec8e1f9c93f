//! smoltcp as a process: takes orders on its standard input, answers on its standard output.
//!   driver WORK BYTES PAUSE WINDOW   WORK as works.ts numbers them
//!   N                                does N operations (of bulk: bytes); answers "NANOSECONDS SEGMENTS ACKS"

mod end;
mod payload;
mod works;

use std::io::{stdin, stdout, BufRead, Write};
use std::time::Instant;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [work, bytes, pause, window] = numbers[..] else {
        panic!("four numbers are wanted: work, bytes, pause, window");
    };
    let mut work = works::start(work, bytes, pause, window);
    for line in stdin().lock().lines() {
        let count: usize = line.expect("a line").trim().parse().expect("a number of operations");
        work.machines().forget_counts();
        let start = Instant::now();
        work.run(count);
        let nanoseconds = start.elapsed().as_nanos();
        let sent = work.machines().counts();
        println!("{nanoseconds} {} {}", sent.segments, sent.acks);
        stdout().flush().expect("standard output");
    }
}
