//! The command line. Results on standard output, talk on standard error; 0 good, 1 faults found, 2 misuse.

use crate::config::Config;
use crate::register::columns::ImportAsked;
use crate::register::import;
use crate::serve::rotate::Later;
use crate::{backup, bench, demo, export, materials, operate, report, serve, settle, simulate, store, voice};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Calculator;
use yizhan_core::heads;
use yizhan_core::verify;
use yizhan_core::waist::{Address, Reader};
use yizhan_core::zone::Damage;

/// One-stop, contactless public service for a district.
#[derive(Parser)]
#[command(name = "yizhan", version)]
pub struct Line {
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args, Clone)]
pub struct Common {
    /// A folder with the zone's SQLite file and keys, or a PostgreSQL address (`postgres://…#zone`).
    #[arg(long, default_value = "./data")]
    pub data: String,
    /// A catalog folder; the one inside the program unless given.
    #[arg(long)]
    pub catalog: Option<PathBuf>,
    /// The configuration file; `yizhan.toml` where there is one.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

impl Common {
    /// Where the data is.
    pub fn address(&self) -> Address {
        Address::parse(&self.data)
    }

    /// The configuration.
    ///
    /// # Errors
    /// File, line and what was expected.
    pub fn config(&self) -> Result<Config, String> {
        Config::read(self.config.as_deref())
    }
}

#[derive(Subcommand)]
enum Command {
    /// Answer residents and staff.
    Serve {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: serve::Wishes,
    },
    /// Say what is wrong with an installation, and what to do about it.
    Doctor {
        #[command(flatten)]
        common: Common,
    },
    /// Generate the demonstration zone.
    Demo {
        #[command(flatten)]
        common: Common,
        /// How many people live there.
        #[arg(long, default_value_t = 60_000)]
        people: usize,
        /// The seed: the same seed makes the same zone.
        #[arg(long, default_value_t = 2021)]
        seed: u64,
        /// With the ordinary records of five years, whose totals are what a file of targets says.
        #[arg(long)]
        page: bool,
        /// Another file of targets than `catalog/zone/page.csv`: columns id, value, unit, count.
        #[arg(long, requires = "page")]
        targets: Option<PathBuf>,
    },
    /// Bring a table of people and households into the register: Excel or CSV, one person a row. The server must be
    /// stopped; while it runs, the console takes tables.
    Import {
        #[command(flatten)]
        common: Common,
        /// The file.
        #[arg(long)]
        file: PathBuf,
        /// The day from which it holds; today unless given.
        #[arg(long)]
        from: Option<String>,
        /// Which column holds what, as a JSON object of headings and fields.
        #[arg(long)]
        columns: Option<String>,
        /// Where to write the rows that wait, as an Excel file.
        #[arg(long)]
        bad: Option<PathBuf>,
        /// Only say what would happen.
        #[arg(long)]
        check: bool,
    },
    /// Prove the chain, the fold, the bodies and the keys.
    Verify {
        #[command(flatten)]
        common: Common,
        /// A file of signed heads to hold against the chain.
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Back a zone up while it runs, consistent at one act, or add to its backup what is new since. What opens it goes to a
    /// folder of its own, or lies in it sealed.
    Backup {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: backup::Wishes,
    },
    /// Change the keys of a zone that no server serves.
    Key {
        #[command(subcommand)]
        deed: KeyDeed,
    },
    /// Print what the program is built from, as a bill of materials (CycloneDX, JSON).
    Sbom,
    /// Put a zone back from a backup, whole or as it was at an earlier act, on either engine; what was forgotten stays so.
    Restore {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: backup::restore::Wishes,
    },
    /// Try a backup out: put it back in a temporary place, prove it, open it, compare it with its manifest, remove it.
    Drill {
        #[command(flatten)]
        wishes: backup::drill::Wishes,
    },
    /// Take a zone out whole in open formats: evidence, subjects, cases, answers, money, papers, the catalog.
    Export {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: export::Wishes,
    },
    /// Settle hospital bills by a policy of the catalog: one JSON object a line in, one out; no database.
    Settle {
        #[command(flatten)]
        wishes: settle::Wishes,
    },
    /// Count the figures of a report from the records of a zone, or open one of them; reads only, while a server may run.
    Report {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: report::Wishes,
    },
    /// Write the bills of a zone that stand as `settle` takes them, in the order in which they were settled, or their slips as
    /// they were frozen. The zone may be served meanwhile.
    Bills {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        wishes: settle::export::Wishes,
    },
    /// Say what sentences lead to: one a line in, one JSON object a line out; no database.
    Voice {
        #[command(flatten)]
        wishes: voice::Wishes,
    },
    /// Check or adopt a catalog.
    Catalog {
        #[command(subcommand)]
        deed: CatalogDeed,
    },
    /// Add a member of staff, or set their password. The password is read from standard input.
    Staff {
        #[command(flatten)]
        common: Common,
        /// The login name.
        #[arg(long)]
        login: String,
        /// The name on the desk.
        #[arg(long)]
        name: String,
        /// `village`, `township`, `district`, `hospital`, `desk-agent`, `auditor`, `system-administrator` or
        /// `security-administrator`.
        #[arg(long)]
        role: String,
        /// The area's code, twelve digits.
        #[arg(long)]
        area: yizhan_kit::codes::RegionCode,
        /// The duty telephone, which gets a message when something new waits.
        #[arg(long)]
        phone: Option<String>,
    },
    /// Print the API's description.
    Api,
    /// Play what a zone has and a desk has not: terminals.
    Simulate {
        #[command(subcommand)]
        whom: simulate::Whom,
    },
    /// Measure.
    Bench {
        #[command(subcommand)]
        which: bench::Which,
    },
}

#[derive(Subcommand)]
enum CatalogDeed {
    /// Read it, check it, walk its examples.
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Make it the zone's catalog from now on.
    Adopt {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Subcommand)]
enum KeyDeed {
    /// Make a new master key and wrap every key anew. Cut short, it goes on when it is run again.
    Rotate {
        #[command(flatten)]
        common: Common,
        /// Leave people's keys to the next server, which wraps them anew behind its answers.
        #[arg(long)]
        later: bool,
    },
}

/// What a command came to.
pub enum End {
    /// Good.
    Good,
    /// Faults were found, and told.
    Faults,
}

/// Runs a command.
pub fn run(line: Line) -> ExitCode {
    let outcome = match line.command {
        Command::Serve { common, wishes } => serve::run(&common, wishes).map(|()| End::Good),
        Command::Doctor { common } => Ok(if operate::doctor::run(&common) { End::Good } else { End::Faults }),
        Command::Demo { common, people, seed, page: false, .. } => demo::run(&common, people, seed).map(|()| End::Good),
        Command::Demo { common, people, seed, targets, .. } => {
            demo::page::run(&common, people, seed, targets.as_deref()).map(|_| End::Good)
        }
        Command::Import { common, file, from, columns, bad, check } => {
            let asked = ImportAsked { from, columns, check, ..ImportAsked::default() };
            import(&common, &file, &asked, bad)
        }
        Command::Verify { common, heads } => verify_zone(&common, heads),
        Command::Backup { common, wishes } => backup::run(&common, &wishes).map(|()| End::Good),
        Command::Restore { common, wishes } => backup::restore::run(&common, &wishes).map(|()| End::Good),
        Command::Drill { wishes } => backup::drill::run(&wishes),
        Command::Export { common, wishes } => export::run(&common, &wishes).map(|()| End::Good),
        Command::Key { deed: KeyDeed::Rotate { common, later } } => {
            serve::rotate::run(&common, if later { Later::Yes } else { Later::No }).map(|()| End::Good)
        }
        Command::Sbom => sbom(),
        Command::Settle { wishes } => settle::run(&wishes),
        Command::Report { common, wishes } => report::run(&common, &wishes),
        Command::Bills { common, wishes } => settle::export::run(&common, &wishes).map(|()| End::Good),
        Command::Voice { wishes } => voice::run(&wishes),
        Command::Catalog { deed: CatalogDeed::Check { common } } => check_catalog(&common),
        Command::Catalog { deed: CatalogDeed::Adopt { common } } => serve::adopt(&common).map(|()| End::Good),
        Command::Staff { common, login, name, role, area, phone } => {
            serve::add_staff(&common, &login, &name, &role, area, phone.as_deref()).map(|()| End::Good)
        }
        Command::Api => api(),
        Command::Simulate { whom } => simulate::run(whom).map(|()| End::Good),
        Command::Bench { which } => bench::run(which),
    };
    match outcome {
        Ok(End::Good) => ExitCode::SUCCESS,
        Ok(End::Faults) => ExitCode::from(1),
        Err(what) => {
            eprintln!("yizhan: {what}");
            ExitCode::from(2)
        }
    }
}

fn verify_zone(common: &Common, file: Option<PathBuf>) -> Result<End, String> {
    let (address, config) = (common.address(), common.config()?);
    let mut reader = Reader::open(&address)?;
    let vault = store::vault(&address, &config)?;
    let own = store::folder(&address, &config).join(heads::HEADS_FILE);
    let heads = match file {
        Some(file) => heads::read(&file)?,
        None if own.exists() => heads::read(&own)?,
        None => Vec::new(),
    };
    let report =
        verify::verify(&mut reader, config.hash()?, Some(&vault), &heads).map_err(|error| error.to_string())?;
    for fault in &report.faults {
        eprintln!("{fault}");
    }
    tell(&serde_json::to_string(&report).map_err(|error| error.to_string())?);
    Ok(if report.ok { End::Good } else { End::Faults })
}

fn import(common: &Common, file: &Path, asked: &ImportAsked, bad: Option<PathBuf>) -> Result<End, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (app, ended) = serve::start(common, common.config()?, None, Damage::Refused)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let viewer = Viewer::program();
    let (state, sheet) = runtime.block_on(async {
        let name = import::begin(&app, &viewer, asked, &bytes).map_err(|problem| problem.to_string())?;
        loop {
            let state = import::progress(&app, &viewer, &name).map_err(|problem| problem.to_string())?;
            if state.over {
                let sheet = import::bad_rows(&app, &viewer, &name).map_err(|problem| problem.to_string())?;
                return Ok::<_, String>((state, sheet));
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })?;
    drop(app);
    let _ = ended.blocking_recv();
    if let Some(path) = bad.filter(|_| state.bad > 0) {
        let bytes = sheet.bytes().map_err(|error| error.to_string())?;
        std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for line in &state.bad_lines {
        eprintln!("{}: {}", line.line, line.why);
    }
    tell(&serde_json::to_string(&state).map_err(|error| error.to_string())?);
    if !state.failure.is_empty() {
        return Err(state.failure);
    }
    Ok(if state.bad == 0 { End::Good } else { End::Faults })
}

fn check_catalog(common: &Common) -> Result<End, String> {
    let source = store::catalog_source(common.catalog.as_deref())?;
    match store::load_catalog(source) {
        Ok(catalog) => {
            let of_services = catalog.services.values().map(|service| {
                service.examples.len() + service.duties.iter().map(|duty| duty.examples.len()).sum::<usize>()
            });
            let of_rules = catalog.rules.files.iter().map(|file| file.examples.len());
            let of_policies = catalog.policies.values().map(|policy| policy.examples.len());
            let of_calculators = catalog.calculators.values().map(Calculator::examples);
            let of_intents = catalog.voice.intents.iter().map(|intent| intent.samples.len());
            let examples = of_services.chain(of_rules).chain(of_policies).chain(of_calculators).chain(of_intents);
            let examples = examples.sum::<usize>();
            let (services, attributes) = (catalog.services.len(), catalog.attributes.len());
            let (parameters, rules) = (catalog.parameters.len(), catalog.rules.rules().count());
            let (policies, calculators) = (catalog.policies.len(), catalog.calculators.len());
            let intents = catalog.voice.intents.len();
            tell(&format!(
                "{services} services, {attributes} attributes, {parameters} parameters, {rules} rules, {policies} policies, {calculators} calculators, {intents} intents, {examples} examples: good"
            ));
            Ok(End::Good)
        }
        Err(mistakes) => {
            tell(&mistakes);
            Ok(End::Faults)
        }
    }
}

fn api() -> Result<End, String> {
    let text = crate::routes::openapi().to_pretty_json().map_err(|error| error.to_string())?;
    tell(&text);
    Ok(End::Good)
}

fn sbom() -> Result<End, String> {
    tell(&serde_json::to_string_pretty(&materials::bill()?).map_err(|error| error.to_string())?);
    Ok(End::Good)
}

/// A command's result. Whoever reads it may stop reading at any time.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
