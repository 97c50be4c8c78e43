//! What is wrong with an installation: a line for each thing looked at, and what to do about what is not right.

use crate::cashier;
use crate::command::Common;
use crate::config::{Config, Payment};
use crate::store;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use yizhan_core::heads::HEADS_FILE;
use yizhan_core::verify::verify;
use yizhan_core::waist::{Address, Reader};
use yizhan_kit::Clock;
use yizhan_kit::clock::SystemClock;

/// Signed heads older than this many hours say that the server has not run.
const HEADS_HOURS: u64 = 26;

/// What was found of one thing: good, worth a look, or wrong; and what to do.
enum Found {
    Good(String),
    Look(String, &'static str),
    Wrong(String, &'static str),
}

/// Looks at everything and tells; whether nothing is wrong.
pub fn run(common: &Common) -> bool {
    let mut healthy = true;
    let mut tell = |what: &str, found: Found| {
        let (mark, said, advice) = match found {
            Found::Good(said) => ("ok   ", said, ""),
            Found::Look(said, advice) => ("look ", said, advice),
            Found::Wrong(said, advice) => {
                healthy = false;
                ("WRONG", said, advice)
            }
        };
        say(&format!("{mark}  {what}: {said}"));
        if !advice.is_empty() {
            say(&format!("       -> {advice}"));
        }
    };
    let config = match common.config() {
        Ok(config) => {
            tell("configuration", Found::Good("read".into()));
            config
        }
        Err(what) => {
            tell("configuration", Found::Wrong(what, "correct the file; docs/operations.md lists every key"));
            return false;
        }
    };
    tell("address", address(&config));
    tell("TLS", tls(&config));
    tell("port", port(&config));
    for (what, found) in payment(&config) {
        tell(what, found);
    }
    let data = common.address();
    if let Address::Folder(folder) = &data {
        tell("data folder", folder_of(folder));
    }
    tell("master key", master(&store::master_key(&data, &config)));
    tell("catalog inside the program", catalog(common));
    tell("zone", zone(&data, &config));
    tell("signed heads", heads(&store::folder(&data, &config).join(HEADS_FILE)));
    healthy
}

#[expect(clippy::print_stdout, reason = "a command's result")]
fn say(line: &str) {
    println!("{line}");
}

fn address(config: &Config) -> Found {
    let url = config.public_url();
    if url.starts_with("https://") || config.listen.ip().is_loopback() && config.public_url.is_empty() {
        return Found::Good(url);
    }
    Found::Look(url, "cameras, places and cookies need https: set tls_certificate and tls_key, or put a proxy in front")
}

fn tls(config: &Config) -> Found {
    match config.tls() {
        Ok(None) => Found::Good("not by this program; a proxy may do it".into()),
        Ok(Some(files)) => match crate::serve::listen::check(files) {
            Ok(()) => Found::Good(format!("{} and its key fit", files.0.display())),
            Err(what) => Found::Wrong(what, "give a certificate chain and its own key, both in PEM"),
        },
        Err(what) => Found::Wrong(what, "name both or neither"),
    }
}

/// The channels by which people pay: their keys can be read, and they can reach us.
fn payment(config: &Config) -> Vec<(&'static str, Found)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let one = |what: &'static str, there: bool, only: Payment| {
        let own = Config { payment: only, ..config.clone() };
        let found = match cashier::channels(&own, &clock) {
            _ if !there => Found::Good("not open; people do not pay by it".into()),
            Err(what) => Found::Wrong(what, "docs/payment.md says which file goes where"),
            Ok(_) if !config.public_url().starts_with("https://") => Found::Look(
                format!("keys read; notifications would go to {}", config.public_url()),
                "set public_url to the https address that the channel can reach; until then payments are found by asking",
            ),
            Ok(_) => Found::Good(format!("keys read; notified at {}/api/pay/…/notify", config.public_url())),
        };
        (what, found)
    };
    let Payment { wechat, alipay } = config.payment.clone();
    vec![
        one("WeChat Pay", wechat.is_some(), Payment { wechat, alipay: None }),
        one("Alipay", alipay.is_some(), Payment { wechat: None, alipay }),
    ]
}

fn port(config: &Config) -> Found {
    match TcpListener::bind(config.listen) {
        Ok(_) => Found::Look(format!("nothing listens on {}", config.listen), "start it: yizhan serve"),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Found::Good(format!("something answers on {}", config.listen))
        }
        Err(error) => Found::Wrong(format!("{}: {error}", config.listen), "choose another `listen` in yizhan.toml"),
    }
}

fn folder_of(folder: &Path) -> Found {
    let trial = folder.join(".doctor");
    let written =
        fs::create_dir_all(folder).and_then(|()| fs::write(&trial, b"x")).and_then(|()| fs::remove_file(&trial));
    match written {
        Ok(()) => Found::Good(format!("{} can be written", folder.display())),
        Err(error) => Found::Wrong(
            format!("{}: {error}", folder.display()),
            "give the folder to the user the program runs as, and free some space",
        ),
    }
}

fn master(file: &Path) -> Found {
    let Ok(about) = fs::metadata(file) else {
        return Found::Look(
            format!("{} is not there", file.display()),
            "it is made at the first start; after a restore put the old one back",
        );
    };
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0 {
        return Found::Wrong(format!("{} is open to others", file.display()), "chmod 600 it");
    }
    let _ = about;
    Found::Good(format!("{}; keep a copy of it elsewhere", file.display()))
}

fn catalog(common: &Common) -> Found {
    match store::catalog_source(common.catalog.as_deref()).and_then(store::load_catalog) {
        Ok(catalog) => Found::Good(format!("{} services", catalog.services.len())),
        Err(what) => Found::Wrong(what, "yizhan catalog check names every mistake"),
    }
}

fn zone(data: &Address, config: &Config) -> Found {
    let there = match data {
        Address::Folder(folder) => folder.join(yizhan_core::waist::sqlite::EVIDENCE_FILE).exists(),
        Address::Postgres { .. } => true,
    };
    if !there {
        return Found::Look("none yet".into(), "yizhan serve founds one; yizhan demo makes one to look at");
    }
    let proved = Reader::open(data).and_then(|mut reader| {
        let kind = config.hash()?;
        verify(&mut reader, kind, None, &[]).map_err(|error| error.to_string())
    });
    match proved {
        Ok(report) if report.ok => Found::Good(format!("{} acts, the chain is whole", report.acts)),
        Ok(report) => Found::Wrong(
            report.faults.first().cloned().unwrap_or_default(),
            "restore the last backup; yizhan verify names every fault; --accept-damage serves what can be read",
        ),
        Err(what) => Found::Wrong(what, "is the database running, and is --data right?"),
    }
}

fn heads(file: &Path) -> Found {
    let signed = fs::metadata(file).and_then(|about| about.modified()).ok();
    let signed_s = signed.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs());
    let now_s = u64::try_from(SystemClock.now().0 / 1000).unwrap_or(0);
    match signed_s.map(|signed_s| now_s.saturating_sub(signed_s) / 3600) {
        Some(hours) if hours <= HEADS_HOURS => Found::Good(format!("the latest is {hours} hours old")),
        Some(hours) => Found::Look(
            format!("last signed {hours} hours ago"),
            "the server signs every hour while it runs: has it run?",
        ),
        None => Found::Look(
            "none yet".into(),
            "the server signs one every hour, and when it stops; copy them off the machine",
        ),
    }
}
