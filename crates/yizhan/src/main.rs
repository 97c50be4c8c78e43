//! yizhan (一站): one-stop, contactless public service for a district. One program, one zone, one journal.

#[cfg(test)]
mod access_tests;
mod answer;
mod app;
mod bench;
mod case;
mod command;
mod config;
#[cfg(test)]
mod core_tests;
mod demo;
mod inside;
#[cfg(test)]
mod old_tests;
mod operate;
mod resident;
mod routes;
mod serve;
mod staff;
mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tidy;
mod web;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::run(command::Line::parse())
}
