//! A zone with declarations, money and something forgotten, and the command line that backs it up.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tokio::sync::oneshot;
use yizhan::app::{App, Request};
use yizhan::backup::restore;
use yizhan::backup::{self, Which};
use yizhan::bench::world::{Declarations, Place, SERVICE};
use yizhan::case::act;
use yizhan::serve;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Actor, Effects, Scene, Verb};
use yizhan_core::catalog::CatalogSource;
use yizhan_core::ledger::Phase;
use yizhan_core::row::SubjectId;
use yizhan_core::service::FoundDemonstration;
use yizhan_core::verify::{Report, verify};
use yizhan_core::waist::{Address, Engine, Reader};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Entropy, Fen, Problem};

/// Somebody who brings money in, and somebody it goes to.
struct Settled;

impl Verb for Settled {
    fn name(&self) -> &'static str {
        "settled"
    }

    fn decide(&self, _: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let treasury = effects.subject("treasury");
        effects.subject("household");
        effects.about(treasury);
        Ok(())
    }
}

/// One sum paid, one set aside, one that was set aside and went back.
struct Paid {
    treasury: SubjectId,
}

impl Verb for Paid {
    fn name(&self) -> &'static str {
        "paid"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        let case = Viewer::program().look(scene.image).cases().next().expect("somebody declared").subject;
        let (rule, parties) = (Some("aid"), (self.treasury, SubjectId(self.treasury.0 + 1)));
        let mut transfer =
            |phase, pending, fen| effects.transfer(case, phase, pending, "welfare", rule, parties, Fen(fen));
        let held = transfer(Phase::Pending, None, 400);
        transfer(Phase::Post, Some(held), 300);
        transfer(Phase::Pending, None, 50);
        let back = transfer(Phase::Pending, None, 70);
        transfer(Phase::Void, Some(back), 70);
        transfer(Phase::Direct, None, 1);
        Ok(())
    }
}

/// A key is destroyed.
struct Forgotten {
    subject: SubjectId,
    key: u64,
    blind: Arc<[u8]>,
}

impl Verb for Forgotten {
    fn name(&self) -> &'static str {
        "forget"
    }

    fn decide(&self, scene: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        effects.forget(self.subject, self.key, &self.blind, scene.today());
        Ok(())
    }
}

/// Something large that cannot be packed.
struct Large(Arc<[u8]>);

impl Verb for Large {
    fn name(&self) -> &'static str {
        "large"
    }

    fn decide(&self, _: &Scene<'_>, effects: &mut Effects<'_>) -> Result<(), Problem> {
        effects.body(None, &self.0);
        Ok(())
    }
}

/// A zone that runs.
pub struct World {
    pub place: Place,
    pub app: Arc<App>,
    ended: oneshot::Receiver<()>,
    villages: Declarations,
}

impl World {
    /// Founds one.
    pub fn found(place: Place) -> Self {
        let (app, ended) = tokio::task::block_in_place(|| place.start().unwrap());
        let villages = Declarations::new(app.image().catalog().unwrap(), app.now());
        Self { place, app, ended, villages }
    }

    /// Founds a demonstration with a catalog of its own, and leaves it.
    pub fn shown(place: Place, catalog: &CatalogSource) -> Place {
        tokio::task::block_in_place(|| {
            let engine = Engine::open(&place.common().address()).unwrap();
            let (mut writer, _) = zone::open(engine, HashKind::Sha256, Damage::Refused).unwrap();
            let nine = "2021-02-01T09:00".parse().unwrap();
            serve::found(&mut writer, Arc::new(FoundDemonstration), catalog.to_bytes(), nine).unwrap();
        });
        place
    }

    /// Founds one with five declarations and money.
    pub async fn begun(place: Place) -> Self {
        let world = Self::found(place);
        for n in 0..5 {
            world.declare(n).await;
        }
        let treasury = world.act(Settled).await.unwrap();
        world.act(Paid { treasury }).await;
        world
    }

    /// One more declaration.
    pub async fn declare(&self, n: usize) {
        let body = self.villages.body(n);
        let request = Request::keyed("backup", &n.to_string(), body.as_bytes());
        act::open(&self.app, Actor::Resident, SERVICE, request, body.as_bytes()).await.unwrap();
    }

    /// Destroys a key, on record.
    pub async fn forget(&self, key: u64) {
        let row = self.app.key(key).unwrap();
        self.act(Forgotten { subject: row.subject, key, blind: row.blind }).await;
    }

    /// Adds a megabyte that nothing makes smaller.
    pub async fn add_large(&self, seed: u64) {
        let mut bytes = vec![0; 1 << 20];
        SeededEntropy::new(seed).fill(&mut bytes);
        self.act(Large(bytes.into())).await;
    }

    async fn act(&self, verb: impl Verb + 'static) -> Option<SubjectId> {
        self.app.act(Actor::System, Request::unkeyed(b""), verb).await.unwrap().about
    }

    /// The last act.
    pub fn seq(&self) -> u64 {
        self.app.image().seq
    }

    /// Ends it; the place stays.
    pub async fn end(self) -> Place {
        drop(self.app);
        self.ended.await.unwrap();
        self.place
    }
}

/// Backs up, within the program.
pub fn back_up(place: &Place, to: &Path, seal_key: Option<&Path>) -> Result<(), String> {
    let wishes = backup::Wishes { to: to.to_owned(), keys_to: None, seal_key: seal_key.map(Path::to_owned) };
    tokio::task::block_in_place(|| backup::run(&place.common(), &wishes))
}

/// Which backup.
pub fn which(from: &Path, seal_key: Option<&Path>) -> Which {
    Which { from: from.to_owned(), keys_from: None, seal_key: seal_key.map(Path::to_owned) }
}

/// Puts a backup back, within the program.
pub fn restore(to: &Place, which: Which, until: Option<&str>, forgotten: Option<&Path>) -> Result<(), String> {
    let until = until.map(|text| text.parse().unwrap());
    let wishes = restore::Wishes { which, until, forgotten: forgotten.map(Path::to_owned) };
    tokio::task::block_in_place(|| restore::run(&to.common(), &wishes))
}

/// Proves what lies at a place.
pub fn proof(place: &Place) -> Report {
    tokio::task::block_in_place(|| {
        let mut reader = Reader::open(&Address::parse(&place.data)).unwrap();
        let vault = yizhan::store::vault(&place.common().address(), &place.config().unwrap()).unwrap();
        verify(&mut reader, HashKind::Sha256, Some(&vault), &[]).unwrap()
    })
}

/// Runs the program as an engineer does.
pub fn yizhan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhan")).args(arguments).output().unwrap()
}

/// The one line of JSON that a command ends with.
pub fn said(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap_or_default())
        .unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The one file of a folder whose name begins so, the last of several.
pub fn file(folder: &Path, begins: &str) -> PathBuf {
    let names = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        names.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(begins)).collect();
    found.sort();
    found.pop().unwrap()
}

/// A new key to seal backups.
pub fn seal_key(folder: &Path, seed: u64) -> PathBuf {
    let file = folder.join(format!("seal-{seed}.key"));
    yizhan_kit::seal::MasterKey::create_file(&file, &SeededEntropy::new(seed)).unwrap();
    file
}
