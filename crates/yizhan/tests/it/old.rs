//! Databases written by earlier releases, kept for ever: every later release loads them, proves their chains, writes into
//! them, and puts their backups back on either engine. `tests/old/README.md` tells how one is added.

use crate::backup::world::{World, back_up, copy, proof, restore, said, which, yizhan};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yizhan::backup::Which;
use yizhan::bench::cluster::Cluster;
use yizhan::bench::world::Place;
use yizhan::serve;
use yizhan_core::catalog::CatalogSource;
use yizhan_core::service::AdoptCatalog;
use yizhan_core::verify::verify;
use yizhan_core::waist::sqlite::EVIDENCE_FILE;
use yizhan_core::waist::{Address, Engine, Reader};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::digest::HashKind;

/// What is kept of each release: its folder, how many acts, the last hash.
const KEPT: [(&str, u64, &str); 2] = [
    ("0.1.0", 8, "1c8587ef9faf799980d655390ff9e4cdc914e42257bd018338855da83eb5a1c0"),
    ("0.1.0-late", 10, "bc2936e9551d00dec763a4eae3c3e13842c033ac09fd9e66f3a49667d5847b67"),
];

/// The files of the catalog that a kept zone has: enough for declarations and money, and small.
const FILES: [&str; 13] = [
    "calendar/",
    "region/",
    "plan/",
    "parameter/fever-threshold.toml",
    "parameter/journey-day-zero.toml",
    "parameter/journey-retention-days.toml",
    "service/travel-declaration.",
    "subject/household.toml",
    "subject/person.toml",
    "subject/staff.toml",
    "subject/treasury.toml",
    "subject/village.toml",
    "fund/welfare.toml",
];

fn old(release: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/old").join(release)
}

/// Copies a kept database, because SQLite writes beside the file it reads.
fn copied(release: &str, why: &str) -> Place {
    let place = Place::new(&format!("old-{why}-{release}"), None).unwrap();
    for folder in ["", "keys"] {
        let from = old(release).join(folder);
        for entry in std::fs::read_dir(from).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            let to = place.folder.join(folder).join(entry.file_name());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    let master = place.folder.join("master.key");
    if master.exists() {
        private(&master);
    }
    place
}

/// The modes of files are not kept with them.
fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Proves what lies there: how many acts, the last hash.
fn proved(address: &Address) -> (u64, String) {
    let mut reader = Reader::open(address).unwrap();
    let report = verify(&mut reader, HashKind::Sha256, None, &[]).unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    (report.acts, report.head)
}

/// One act of the present release: its own catalog is adopted.
fn act(address: &Address) {
    let engine = Engine::open(address).unwrap();
    let (mut writer, _) = zone::open(engine, HashKind::Sha256, Damage::Refused).unwrap();
    let catalog = yizhan::store::catalog_source(None).unwrap().to_bytes();
    let now = writer.image().at;
    serve::alone(&mut writer, now, Arc::new(AdoptCatalog { catalog: catalog.into() })).unwrap();
}

#[test]
fn what_an_earlier_release_wrote_is_read_proved_and_written_on() {
    for (release, acts, head) in KEPT {
        let place = copied(release, "read");
        let address = Address::parse(&place.data);
        assert_eq!(proved(&address), (acts, head.to_owned()), "{release}");
        act(&address);
        assert_eq!(proved(&address).0, acts + 1, "{release}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_release_backed_up_is_put_back_on_either_engine() {
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    for (release, ..) in KEPT {
        let kept = old(release).join("server");
        if !kept.exists() {
            continue;
        }
        let output = tokio::task::block_in_place(|| yizhan(&["drill", "--from", &kept.display().to_string()]));
        let found = said(&output);
        assert!(output.status.success() && found["bodies_opened"].as_u64() > Some(0), "{release}: {found}");
        let [folder, server] = ["folder", "server"].map(|kind| format!("old-{kind}-{}", release.replace('.', "-")));
        for to in [Place::new(&folder, None).unwrap(), Place::new(&server, Some(cluster.address(&server))).unwrap()] {
            restore(&to, which(&kept, None), None, None).unwrap();
            let report = proof(&to);
            assert_eq!((report.faults, report.acts), (Vec::new(), found["acts"].as_u64().unwrap() + 1), "{release}");
            tokio::task::block_in_place(|| {
                act(&Address::parse(&to.data));
                proved(&Address::parse(&to.data));
            });
        }
    }
}

/// A folder with the database itself, as releases before backups had a format copied it, is put back too: that is also how a
/// zone moves to a server.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_an_earlier_release_moves_to_a_server() {
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    for (release, acts, _) in KEPT {
        let from = copied(release, "moved");
        let name = format!("moved-{}", release.replace('.', "-"));
        let to = Place::new(&name, Some(cluster.address(&name))).unwrap();
        let which = Which { keys_from: Some(from.folder.join("keys")), ..which(&from.folder, None) };
        restore(&to, which, None, None).unwrap();
        tokio::task::block_in_place(|| assert_eq!(proved(&Address::parse(&to.data)).0, acts + 1, "{release}"));
    }
}

/// Writes what is kept of the present release: a zone in a folder, and the backup of one on a server. With
/// `YIZHAN_KEEP=NAME` both are left in `tests/old/NAME`.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_this_release_can_be_written() {
    let whole = yizhan::store::catalog_source(None).unwrap();
    let wanted = |name: &String| FILES.iter().any(|file| name.starts_with(file));
    let small = CatalogSource { files: whole.files.into_iter().filter(|(name, _)| wanted(name)).collect() };
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    let folder = World::begun(World::shown(Place::new("keep-a", None).unwrap(), &small)).await;
    folder.forget(2).await;
    let folder = folder.end().await;
    assert_eq!(proof(&folder).faults, Vec::<String>::new());
    let server = World::begun(World::shown(Place::new("keep-b", Some(cluster.address("keep"))).unwrap(), &small)).await;
    server.forget(2).await;
    let server = server.end().await;
    back_up(&server, &server.folder.join("server"), None).unwrap();
    for file in [EVIDENCE_FILE, "keys/keys.sqlite"] {
        let database = rusqlite::Connection::open(folder.folder.join(file)).unwrap();
        database.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
    }
    let size = std::fs::metadata(folder.folder.join(EVIDENCE_FILE)).unwrap().len();
    assert!(size < 320 << 10, "{size} bytes are much to keep for ever");
    let Ok(name) = std::env::var("YIZHAN_KEEP") else { return };
    let to = old(&name);
    assert!(!to.exists(), "what is kept is never written over");
    std::fs::create_dir_all(to.join("keys")).unwrap();
    for file in [EVIDENCE_FILE, "master.key", "keys/keys.sqlite", "keys/zone.key"] {
        std::fs::copy(folder.folder.join(file), to.join(file)).unwrap();
    }
    for part in ["server", "server.keys"] {
        copy(&server.folder.join(part), &to.join(part));
        let _ = std::fs::remove_file(to.join(part).join("backup.lock"));
    }
    let kept = copied(&name, "kept");
    let (acts, head) = proved(&Address::Folder(kept.folder.clone()));
    assert_eq!(acts, 10, "whole");
    eprintln!("add to KEPT: (\"{name}\", {acts}, \"{head}\")");
}
