//! Measuring. Each bench makes its input by seed, says what it ran on, checks its results, and ends with one JSON line:
//! `{"bench", "figures", "aims", "met"}`. A wrong result fails it; a slow one is told.

#![allow(clippy::float_arithmetic, reason = "measuring is the one place for floats")]

mod bills;
mod calls;
pub mod cluster;
mod console;
mod crash;
mod day;
mod devices;
mod duties;
mod field;
mod flood;
mod household;
mod import;
pub mod instances;
mod intake;
mod judge;
mod ledger;
mod load;
mod paying;
mod payments;
pub mod people;
mod reads;
mod report;
mod rush;
pub mod settle;
mod soak;
mod start;
pub mod voice;
pub mod world;

use crate::command::End;
use clap::{Args, Subcommand};
use std::collections::BTreeMap;

/// Which bench.
#[derive(Subcommand)]
pub enum Which {
    /// Durable declarations a second: the writer alone, in process, over HTTP; beside one transaction an act.
    Intake(Options),
    /// Status reads a second, alone and while declarations arrive.
    Reads(Options),
    /// Start from stored rows, and memory for each declaration.
    Start(Options),
    /// The console with 500 clerks connected: how soon they see a declaration, how long its pages take.
    Console(Options),
    /// Heartbeats of terminals, outages on the wall, funnels of their visits, difficulties planted in them.
    Devices(Options),
    /// A day at the remote desk with browsers and servers that die; calls held over WebSockets.
    Calls(Options),
    /// What presses among the duties of a million people who are watched over.
    Duties(Options),
    /// An offline day of visits with photos over a line of a megabit that breaks: how long, and each once.
    Field(Options),
    /// Every standard and entitlement for a million people, beside OpenFisca and an interpreter.
    Judge(Options),
    /// A table of a hundred thousand people brought into the register, and brought again.
    Import(Options),
    /// Durable transfers in linked sets, a batch of payments, what villages divide; random money acts against a model.
    Ledger(Options),
    /// Every figure of the report at ten million transfers and a million people, counted a second time; first pages of figures.
    Report(Options),
    /// Hospital bills by six layers, beside OpenFisca, exact to the fen.
    Settle(Options),
    /// The page's bills of five years, let happen at the hospital's desk and settled again.
    Bills(Options),
    /// Payments of people against channels that lose, repeat, delay and forge: the books are theirs, to the fen.
    Payments(Options),
    /// Sentences to intents: how many are right, that prose never acts, how long one takes.
    Voice(Options),
    /// A day of a province's rush at speed, while 138 villages work their lists.
    Rush(Options),
    /// The README's speed table, in two minutes.
    Quick(Options),
    /// Kill under load, again and again: nothing acknowledged is missing, nothing is doubled.
    Crash(Options),
    /// Twenty times as many callers as keep the server busy, and hostile ones among them: what is served, how long pages of staff take.
    Flood(Options),
    /// Half an hour of everything at once: memory and file handles stay flat.
    Soak(Options),
    /// Several instances on one PostgreSQL: what an act costs, how long a dead owner is missed, faults on purpose.
    Cluster(Options),
}

/// What every bench takes.
#[derive(Args, Clone)]
pub struct Options {
    /// How many declarations; each bench has its own default.
    #[arg(long, alias = "orders")]
    pub acts: Option<usize>,
    /// How many runs the medians are of; for `crash`, how many kills; for `flood` and `soak`, how many minutes.
    #[arg(long)]
    pub runs: Option<usize>,
    /// A short form for continuous integration: right results, no trustworthy figures.
    #[arg(long)]
    pub short: bool,
    /// Only these engines, by name: `sqlite`, `postgres`.
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgres")]
    pub engines: Vec<String>,
}

impl Options {
    /// A number of acts: as asked, a tenth or less in the short form.
    fn acts(&self, full: usize, short: usize) -> usize {
        self.acts.unwrap_or(if self.short { short } else { full })
    }

    fn runs(&self, full: usize, short: usize) -> usize {
        self.runs.unwrap_or(if self.short { short } else { full })
    }
}

/// Runs a bench.
///
/// # Errors
/// A wrong result, or what kept it from running.
pub fn run(which: Which) -> Result<End, String> {
    machine();
    let (name, figures) = match which {
        Which::Intake(options) => ("intake", intake::run(&options)?),
        Which::Reads(options) => ("reads", reads::run(&options)?),
        Which::Start(options) => ("start", start::run(&options)?),
        Which::Console(options) => ("console", console::run(&options)?),
        Which::Devices(options) => ("devices", devices::run(&options)?),
        Which::Calls(options) => ("calls", calls::run(&options)?),
        Which::Duties(options) => ("duties", duties::run(&options)?),
        Which::Field(options) => ("field", field::run(&options)?),
        Which::Judge(options) => ("judge", judge::run(&options)?),
        Which::Import(options) => ("import", import::run(&options)?),
        Which::Ledger(options) => ("ledger", ledger::run(&options)?),
        Which::Report(options) => ("report", report::run(&options)?),
        Which::Settle(options) => ("settle", settle::run(&options)?),
        Which::Bills(options) => ("bills", bills::run(&options)?),
        Which::Payments(options) => ("payments", payments::run(&options)?),
        Which::Voice(options) => ("voice", voice::run(&options)?),
        Which::Rush(options) => ("rush", rush::run(&options)?),
        Which::Quick(options) => ("quick", quick(options)?),
        Which::Crash(options) => ("crash", crash::run(&options)?),
        Which::Flood(options) => ("flood", flood::run(&options)?),
        Which::Soak(options) => ("soak", soak::run(&options)?),
        Which::Cluster(options) => ("cluster", instances::run(&options)?),
    };
    figures.print(name);
    Ok(End::Good)
}

/// Every bench but the kills, one run of each, and their figures as the table of the README.
#[expect(clippy::print_stdout, reason = "a bench's result")]
fn quick(asked: Options) -> Result<Figures, String> {
    let once = |acts| Options { acts: asked.acts.or(acts), runs: Some(1), ..asked.clone() };
    let mut all = Figures::default();
    all.take(intake::run(&once(Some(40_000)))?);
    all.take(reads::run(&once(None))?);
    all.take(start::run(&once(Some(400_000)))?);
    all.take(console::run(&once(None))?);
    println!("| what | measured |\n|---|---|");
    for (name, value) in &all.found {
        println!("| {name} | {value:.1} |");
    }
    Ok(all)
}

/// Does one thing on each engine that was asked for, with a server where it needs one.
fn on_engines(
    options: &Options,
    one: impl Fn(&Options, &str, Option<&cluster::Cluster>, &mut Figures) -> Result<(), String>,
) -> Result<Figures, String> {
    let mut figures = Figures::default();
    for engine in &options.engines {
        let server = (engine == "postgres").then(cluster::Cluster::start).transpose()?;
        one(options, engine, server.as_ref(), &mut figures)?;
    }
    Ok(figures)
}

fn machine() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("?", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "debug build: figures mean nothing" } else { "release build" };
    eprintln!("{name}, {cores} cores, {build}");
}

/// Figures with their aims.
#[derive(Default)]
pub struct Figures {
    found: BTreeMap<String, f64>,
    aims: BTreeMap<String, (Aim, f64)>,
}

#[derive(Clone, Copy)]
enum Aim {
    AtLeast,
    AtMost,
}

impl Figures {
    fn add(&mut self, name: &str, value: f64) {
        eprintln!("{name:52} {value:>14.1}");
        self.found.insert(name.to_owned(), value);
    }

    /// Takes another bench's figures in.
    fn take(&mut self, other: Self) {
        self.found.extend(other.found);
        self.aims.extend(other.aims);
    }

    fn at_least(&mut self, name: &str, aim: f64) {
        self.aims.insert(name.to_owned(), (Aim::AtLeast, aim));
    }

    fn at_most(&mut self, name: &str, aim: f64) {
        self.aims.insert(name.to_owned(), (Aim::AtMost, aim));
    }

    fn get(&self, name: &str) -> f64 {
        self.found.get(name).copied().unwrap_or(f64::NAN)
    }

    #[expect(clippy::print_stdout, reason = "a bench's result")]
    fn print(&self, bench: &str) {
        let met: BTreeMap<&String, bool> = self
            .aims
            .iter()
            .filter_map(|(name, (aim, limit))| {
                let value = *self.found.get(name)?;
                Some((
                    name,
                    match aim {
                        Aim::AtLeast => value >= *limit,
                        Aim::AtMost => value <= *limit,
                    },
                ))
            })
            .collect();
        let rounded = |value: f64| (value * 100.0).round() / 100.0;
        let figures: BTreeMap<&String, f64> = self.found.iter().map(|(name, value)| (name, rounded(*value))).collect();
        let aims: BTreeMap<&String, String> = self
            .aims
            .iter()
            .map(|(name, (aim, limit))| {
                (
                    name,
                    match aim {
                        Aim::AtLeast => format!(">= {limit}"),
                        Aim::AtMost => format!("<= {limit}"),
                    },
                )
            })
            .collect();
        println!("{}", serde_json::json!({"bench": bench, "figures": figures, "aims": aims, "met": met}));
    }
}

/// The middle of several figures.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
