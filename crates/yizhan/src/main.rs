//! The program: reads its command line and does it.

use clap::Parser;
use std::process::ExitCode;
use yizhan::command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::run(command::Line::parse())
}
