//! Running a zone: opening it, answering until told to stop, signing heads, stopping without losing an answer.

pub mod accept;
pub mod deliver;
pub mod gateway;
pub mod listen;
pub mod logbook;
pub mod notify;
pub mod retention;
pub mod rotate;

use crate::app::{App, Parts};
use crate::command::Common;
use crate::config::Config;
use crate::voice::hear;
use crate::{behaviour, call, cashier, cluster, device, finder, kitchen, parcel, routes, staff, store};
use clap::Args;
use listen::Door;
use logbook::Logbook;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use yizhan_core::access::Role;
use yizhan_core::act::{Act, Actor, Verb};
use yizhan_core::heads::{self, SignedHead};
use yizhan_core::image::Image;
use yizhan_core::service::{AdoptCatalog, DEMONSTRATION, FoundDemonstration, FoundZone, ZONE};
use yizhan_core::waist::{Address, Engine};
use yizhan_core::writer::{Verdict, Writer};
use yizhan_core::zone::{self, Damage, Zone};
use yizhan_kit::clock::{DemoClock, SystemClock};
use yizhan_kit::codes::RegionCode;
use yizhan_kit::{Clock, Digest16, Moment};

/// How often the head of the chain is signed.
const SIGN_EVERY: Duration = Duration::from_secs(3600);

/// How long the writer may take to learn what became of its last acts when the program stops.
pub const SETTLING: Duration = Duration::from_secs(10);

/// What is said when it does not.
pub const UNSETTLED: &str =
    "the store does not say what became of the last acts; whoever asks again under their key will know";

/// What a command line may wish of a server, beside what the configuration says.
#[derive(Args, Clone, Default)]
pub struct Wishes {
    /// Where to listen, instead of what the configuration says.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// The address people use, for codes and links.
    #[arg(long)]
    pub public_url: Option<String>,
    /// A certificate chain in PEM: answer under TLS.
    #[arg(long)]
    pub tls_certificate: Option<PathBuf>,
    /// Its key in PEM.
    #[arg(long)]
    pub tls_key: Option<PathBuf>,
    /// Show codes on the terminal that a phone can open.
    #[arg(long)]
    pub qr: bool,
    /// Serve a zone whose stored rows are damaged, as far as they can be read.
    #[arg(long)]
    pub accept_damage: bool,
    /// Run as a demonstration from this moment, on a clock that can be moved.
    #[arg(long)]
    pub demo_clock: Option<Moment>,
    /// Serve as one of several instances on a PostgreSQL (`--data postgres://…#zone,zone`), reached by the others at this address;
    /// `auto` is where it listens.
    #[arg(long, value_name = "URL")]
    pub instance: Option<String>,
}

/// Serves until a signal.
///
/// # Errors
/// What kept it from starting.
pub fn run(common: &Common, wishes: Wishes) -> Result<(), String> {
    let mut config = common.config()?;
    config.listen = wishes.listen.unwrap_or(config.listen);
    config.public_url = wishes.public_url.clone().unwrap_or(config.public_url);
    config.tls_certificate = wishes.tls_certificate.clone().or(config.tls_certificate);
    config.tls_key = wishes.tls_key.clone().or(config.tls_key);
    log(&config)?;
    if let Some(advertised) = &wishes.instance {
        if wishes.demo_clock.is_some() || wishes.accept_damage {
            return Err("one of several instances takes neither --demo-clock nor --accept-damage".into());
        }
        return cluster::run(common, config, advertised);
    }
    let tls = config.tls()?.map(|(certificate, key)| (certificate.to_owned(), key.to_owned()));
    let clock = |moment| Arc::new(DemoClock::starting_at(moment, Box::new(SystemClock)));
    let demo = wishes.demo_clock.map(clock);
    let damage = if wishes.accept_damage { Damage::Accepted } else { Damage::Refused };
    let (app, ended) = start(common, config, demo, damage)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let tls = tls.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let door = Door::open(app.config.listen, tls).await?;
        let at = door.address();
        if wishes.qr {
            show_codes(&app);
        }
        tracing::info!(%at, tls = tls.is_some(), acts = app.image().seq, "serving");
        let address = common.address();
        let folder = store::folder(&address, &app.config);
        cashier::play(&app, &folder).await?;
        let mut running = run_by_itself(&app, &address);
        running.push(tokio::spawn(finder::gather::run(app.clone())));
        let router = routes::router(app.clone());
        accept::serve(door, router, accept::Measure::default(), stop(app.clone())).await;
        for task in running {
            task.abort();
            let _ = task.await;
        }
        behaviour::act::keep(&app);
        sign(&app, &folder);
        Ok::<(), String>(())
    })?;
    drop(app);
    runtime.shutdown_timeout(Duration::from_secs(5));
    settled(ended);
    tracing::info!("stopped");
    Ok(())
}

/// Waits for the writer's end, but not for a store that is gone.
fn settled(ended: oneshot::Receiver<()>) {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = ended.blocking_recv();
        // Whoever waits may have given up.
        let _ = tell.send(());
    });
    if told.recv_timeout(SETTLING).is_err() {
        tracing::error!("{UNSETTLED}");
    }
}

/// Everything that happens by itself while a zone is owned: deliveries, clocks that run out, machines that are watched, heads that
/// are signed, keys that are wrapped anew. Each ends when it is aborted.
pub fn run_by_itself(app: &Arc<App>, address: &Address) -> Vec<tokio::task::JoinHandle<()>> {
    vec![
        tokio::spawn(deliver::run(app.clone())),
        tokio::spawn(notify::run(app.clone())),
        tokio::spawn(retention::run(app.clone())),
        tokio::spawn(device::tell::run(app.clone())),
        tokio::spawn(parcel::watch::run(app.clone())),
        tokio::spawn(kitchen::watch::run(app.clone())),
        tokio::spawn(call::tell::run(app.clone())),
        tokio::spawn(cashier::poll::run(app.clone())),
        tokio::spawn(sign_heads(app.clone(), store::folder(address, &app.config))),
        tokio::spawn(rotate::behind(app.clone(), address.clone())),
    ]
}

/// Opens a zone and gives it its thread: the application, and a signal for when its writer has ended.
///
/// # Errors
/// Every fault of a damaged zone, or what kept it from opening.
pub fn start(
    common: &Common,
    config: Config,
    demo: Option<Arc<DemoClock>>,
    damage: Damage,
) -> Result<(Arc<App>, oneshot::Receiver<()>), String> {
    let address = common.address();
    let writer = open(common, &config, damage, demo.as_deref())?;
    let demo = demo.or_else(|| is_demonstration(writer.image()).then(demonstration_clock));
    if let Some(demo) = &demo {
        // It goes on where it was when the program stopped.
        demo.set(demo.now().max(writer.image().at));
    }
    let clock: Arc<dyn Clock> = match &demo {
        Some(demo) => demo.clone(),
        None => Arc::new(SystemClock),
    };
    let vault = store::vault(&address, &config)?;
    let working = store::working(&address)?;
    let (zone, reader, ended) = launch(writer, clock.clone())?;
    let ears = hear::engine(config.speech.as_ref())?.map(Arc::new);
    let finder = Arc::default();
    let real_clock = Arc::new(SystemClock);
    let parts = Parts { zone, reader, vault, clock, real_clock, demo, working, config, ears, finder };
    Ok((Arc::new(App::new(parts)?), ended))
}

/// A running zone, a reader of its store, and the end of its writer.
type Launched = (Zone, yizhan_core::waist::Reader, oneshot::Receiver<()>);

fn launch(mut writer: Writer, clock: Arc<dyn Clock>) -> Result<Launched, String> {
    let reader = writer.engine().reader()?;
    let (zone, ended) = Zone::run(writer, clock);
    Ok((zone, reader, ended))
}

/// Opens a zone to write. A new one is founded with the catalog at hand; an old one keeps the catalog it adopted.
fn open(common: &Common, config: &Config, damage: Damage, demo: Option<&DemoClock>) -> Result<Writer, String> {
    let demonstration = demo.is_some();
    let demo_now = demo.map_or_else(|| SystemClock.now(), Clock::now);
    let engine = Engine::open(&common.address())?;
    let (mut writer, faults) = zone::open(engine, config.hash()?, damage).map_err(|faults| {
        format!("the stored rows are damaged; --accept-damage serves what can be read\n{}", faults.join("\n"))
    })?;
    for fault in &faults {
        tracing::error!(%fault, "damage");
    }
    let source = store::catalog_source(common.catalog.as_deref())?;
    if writer.image().seq == 0 {
        store::set_apart(&common.address(), config, false)?;
        let founding: Arc<dyn Verb> = if demonstration { Arc::new(FoundDemonstration) } else { Arc::new(FoundZone) };
        found(&mut writer, founding, source.to_bytes(), demo_now)?;
    } else if writer.image().catalog().is_some_and(|catalog| catalog.source.digest() != source.digest()) {
        tracing::warn!("the catalog at hand is not the adopted one; `yizhan catalog adopt` makes it so");
    }
    if demonstration && !is_demonstration(writer.image()) {
        return Err("this zone is a real one; a demonstration's clock would falsify its journal".into());
    }
    Ok(writer)
}

/// Founds an empty zone with the catalog at hand; one whose founding was cut short gets its catalog.
///
/// # Errors
/// The refusal, or what is wrong with the catalog.
pub fn found_here(writer: &mut Writer, common: &Common) -> Result<(), String> {
    let catalog = store::catalog_source(common.catalog.as_deref())?.to_bytes();
    if writer.image().seq == 0 {
        return found(writer, Arc::new(FoundZone), catalog, SystemClock.now());
    }
    alone(writer, SystemClock.now(), Arc::new(AdoptCatalog { catalog: catalog.into() }))
}

/// The clock of a demonstration: it begins at its own first morning and runs as real time runs.
pub fn demonstration_clock() -> Arc<DemoClock> {
    let begins = crate::demo::BEGINS.parse().expect("a moment");
    Arc::new(DemoClock::starting_at(begins, Box::new(SystemClock)))
}

/// Whether a zone was founded for demonstrations: subject 0 says so.
pub fn is_demonstration(image: &Image) -> bool {
    image.kind(ZONE).is_some_and(|kind| is_demonstration_kind(kind))
}

/// Whether this is the kind of a zone that is only shown.
pub fn is_demonstration_kind(kind: &str) -> bool {
    kind == DEMONSTRATION
}

/// Founds a zone and adopts its first catalog.
///
/// # Errors
/// The refusal.
pub fn found(writer: &mut Writer, founding: Arc<dyn Verb>, catalog: Vec<u8>, now: Moment) -> Result<(), String> {
    alone(writer, now, founding)?;
    alone(writer, now, Arc::new(AdoptCatalog { catalog: catalog.into() }))
}

/// One act of the program itself, before anyone else may act.
///
/// # Errors
/// The refusal.
pub fn alone(writer: &mut Writer, now: Moment, verb: Arc<dyn Verb>) -> Result<(), String> {
    let act = Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb };
    match writer.commit(now, &[act]) {
        Verdict::Answered(answers) => {
            answers.into_iter().try_for_each(|answer| answer.map(drop).map_err(|problem| problem.to_string()))
        }
        Verdict::InDoubt => Err("the store did not say whether it was saved".into()),
    }
}

/// Adopts the catalog at hand, while no server runs.
///
/// # Errors
/// The mistakes, or the refusal.
pub fn adopt(common: &Common) -> Result<(), String> {
    let config = common.config()?;
    let source = store::catalog_source(common.catalog.as_deref())?;
    store::load_catalog(source.clone())?;
    let mut writer = open(common, &config, Damage::Refused, None)?;
    if writer.image().catalog().is_some_and(|catalog| catalog.source.digest() == source.digest()) {
        eprintln!("this catalog is in force already");
        return Ok(());
    }
    alone(&mut writer, SystemClock.now(), Arc::new(AdoptCatalog { catalog: source.to_bytes().into() }))?;
    eprintln!("adopted as catalog {}", writer.image().catalog_number());
    Ok(())
}

/// Adds a member of staff and keeps the password that standard input gives, while no server runs. A login name that is
/// known keeps its account and gets the new password.
///
/// # Errors
/// What is wrong with the role or the password, or the refusal.
pub fn add_staff(
    common: &Common,
    login: &str,
    name: &str,
    role: &str,
    area: RegionCode,
    phone: Option<&str>,
) -> Result<(), String> {
    let role = Role::parse(role).ok_or_else(|| format!("{role:?} is no role of staff"))?;
    let mut password = String::new();
    std::io::stdin().read_line(&mut password).map_err(|error| error.to_string())?;
    let (app, ended) = start(common, common.config()?, None, Damage::Refused)?;
    if app.image().staff_by_login(login).is_none() {
        let verb = staff::act::add(login, name, role, area, phone, app.now().day());
        let act = Act { actor: Actor::System, request_key: None, request: Digest16([0; 16]), verb: Arc::new(verb) };
        app.zone.submit_blocking(act).map_err(|problem| problem.to_string())?;
    }
    let id = app.image().staff_by_login(login).ok_or("the account was not added")?;
    staff::sessions::set_password(&app, login, id, password.trim_end_matches(['\r', '\n']))
        .and_then(|()| staff::sessions::end_all_of(&app, id))
        .map_err(|problem| problem.to_string())?;
    drop(app);
    let _ = ended.blocking_recv();
    eprintln!("{login}: {} of {area}", role.as_str());
    Ok(())
}

async fn sign_heads(app: Arc<App>, folder: std::path::PathBuf) {
    let mut hourly = tokio::time::interval(SIGN_EVERY);
    loop {
        hourly.tick().await;
        sign(&app, &folder);
    }
}

/// Signs the head of the chain.
pub fn sign(app: &App, folder: &std::path::Path) {
    let head = SignedHead::sign(&app.image(), &app.vault.signing_key());
    if let Err(error) = heads::append(&folder.join(heads::HEADS_FILE), &head) {
        tracing::error!(%error, "the head of the chain could not be signed");
    }
}

/// Waits for a signal, then ends the streams that would never end by themselves.
async fn stop(app: Arc<App>) {
    stop_signal().await;
    tracing::info!("stopping: no new connections, the answers under way are finished");
    app.stopping.send_replace(true);
}

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

/// Codes on the terminal, for a phone in the same room: the front door, and the form with a village chosen.
fn show_codes(app: &App) {
    let url = app.config.public_url();
    let image = app.image();
    let form = image.catalog().and_then(|catalog| {
        let public = catalog.services.values().find(|service| service.opened_by.iter().any(|role| role == "anyone"))?;
        let village = catalog.regions.villages().next()?;
        Some(format!("{url}/r/{}?at={}", public.name, village.code))
    });
    for link in [Some(url), form].into_iter().flatten() {
        if let Ok(code) = QrCode::new(&link) {
            // Black on white whatever the terminal's colours: not every phone reads an inverted code.
            let drawn = code.render::<Dense1x2>().quiet_zone(true).build();
            drawn.lines().for_each(|line| eprintln!("\x1b[30;107m{line}\x1b[0m"));
            eprintln!("{link}\n");
        }
    }
}

/// Lines on standard error, or in the files of a folder; `YIZHAN_LOG` names the least level, `info` unless set.
fn log(config: &Config) -> Result<(), String> {
    let level = std::env::var("YIZHAN_LOG").ok().and_then(|text| text.parse().ok()).unwrap_or(tracing::Level::INFO);
    let lines = tracing_subscriber::fmt().with_max_level(level);
    let _ = match (Logbook::of(&config.logs)?.map(Arc::new), config.json_logs) {
        (Some(book), true) => lines.with_writer(book).json().try_init(),
        (Some(book), false) => lines.with_writer(book).with_ansi(false).try_init(),
        (None, true) => lines.with_writer(std::io::stderr).json().try_init(),
        (None, false) => lines.with_writer(std::io::stderr).try_init(),
    };
    Ok(())
}
