//! Keys are changed without losing any: whatever step was the last, everything opens, and the next run goes on.

use super::world::{Place, commit, declare, engines, found, nine};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use yizhan::bench::world::{Declarations, Place as Zone, SERVICE};
use yizhan::case::act;
use yizhan::serve::rotate::{self, Later, Work};
use yizhan_core::act::Actor;
use yizhan_core::keyring::{self, Rotated};
use yizhan_core::row::{KeyRow, SubjectId};
use yizhan_core::vault::Vault;
use yizhan_core::verify::verify;
use yizhan_core::waist::{KeyStore, Reader};
use yizhan_kit::Moment;
use yizhan_kit::digest::HashKind;
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::seal::{Cipher, Key, MasterKey};

/// The master key, the key folder, and chance.
struct Files {
    folder: PathBuf,
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("yizhan-rotate-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn master(&self) -> PathBuf {
        self.folder.join("master.key")
    }

    fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    fn vault(&self, seed: u64) -> Vault {
        let chance = Arc::new(SeededEntropy::new(seed));
        Vault::open(Cipher::Aes256Gcm, &self.master(), &self.keys(), chance).unwrap()
    }

    fn rotate(&self, seed: u64, stop: usize) -> Result<Rotated, String> {
        let mut steps = 0;
        let chance = SeededEntropy::new(seed);
        keyring::rotate(Cipher::Aes256Gcm, &self.master(), &self.keys(), &chance, &mut |what| {
            steps += 1;
            if steps == stop { Err(format!("power lost after: {what}")) } else { Ok(()) }
        })
    }

    fn retire(&self) {
        keyring::retire(Cipher::Aes256Gcm, &self.master(), &self.keys(), &SeededEntropy::new(9)).unwrap();
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn row(vault: &Vault, n: u64) -> (KeyRow, Key) {
    let (new, key) = vault.new_key("journey", &[]);
    (KeyRow { n, seq: n, subject: SubjectId(1), purpose: new.purpose, wrapped: new.wrapped, blind: new.blind }, key)
}

fn opens(vault: &Vault, rows: &[(KeyRow, Key)]) {
    for (row, key) in rows {
        assert_eq!(vault.key(row).unwrap().bytes(), key.bytes(), "key {}", row.n);
    }
}

#[test]
fn a_change_of_keys_may_be_cut_short_after_any_step() {
    for stop in 1..=5 {
        let files = Files::new(&format!("step-{stop}"));
        let first = files.vault(1);
        let rows: Vec<_> = (1..=3).map(|n| row(&first, n)).collect();
        let (receipt, blind) = (first.receipt(SubjectId(7), Moment(8)), first.blind("mobile", "15400000001"));
        let sealed = first.seal_working("clerk", b"a secret");
        let old_master = std::fs::read(files.master()).unwrap();

        let cut = files.rotate(2, stop);
        assert_eq!(cut.is_err(), stop <= 4, "there are four steps: {cut:?}");
        let after = files.vault(3);
        opens(&after, &rows);
        assert_eq!(after.receipt(SubjectId(7), Moment(8)), receipt, "receipts in people's hands stay good");
        assert_eq!(after.blind("mobile", "15400000001"), blind, "people are found as before");
        assert_eq!(after.open_working("clerk", &sealed).unwrap(), b"a secret");
        assert_eq!(after.signing_key().to_bytes(), first.signing_key().to_bytes(), "signed heads verify");
        assert!(!keyring::next(&files.master()).exists() || stop <= 2, "what was cut short was ended by opening it");

        // Run again, it ends what was begun or begins anew; people's keys are wrapped anew and nothing opens by the old ones.
        files.rotate(4, 0).unwrap();
        let vault = files.vault(5);
        assert!(vault.is_rotating());
        let anew: Vec<_> = rows
            .into_iter()
            .map(|(row, key)| {
                let wrapped = vault.rewrap(&row).unwrap().expect("it lay under the older key");
                (KeyRow { wrapped, ..row }, key)
            })
            .collect();
        assert_eq!(files.rotate(6, 0).unwrap(), Rotated::UnderWay, "no newer keys while people's are being wrapped");
        files.retire();
        let vault = files.vault(7);
        assert!(!vault.is_rotating());
        opens(&vault, &anew);
        assert!(anew.iter().all(|(row, _)| vault.rewrap(row).unwrap().is_none()));
        assert!(anew.iter().all(|(row, _)| first.key(row).is_err()), "what was taken before opens nothing now");
        assert_ne!(std::fs::read(files.master()).unwrap(), old_master);
        let kept = files.folder.join("master.key.old-1");
        assert_eq!(std::fs::read(&kept).unwrap(), old_master, "kept for backups that were made before");
        let chance = Arc::new(SeededEntropy::new(1));
        assert!(Vault::open(Cipher::Aes256Gcm, &kept, &files.keys(), chance).is_err(), "it opens this zone no more");
        for file in [files.master(), files.keys().join("zone.key")] {
            private(&file);
        }
    }
}

fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
}

#[test]
fn no_new_master_key_where_the_old_one_is_missing() {
    let files = Files::new("missing");
    drop(files.vault(1));
    std::fs::rename(files.master(), files.folder.join("elsewhere")).unwrap();
    assert!(files.rotate(2, 0).unwrap_err().contains("master.key"));
    assert!(!files.master().exists());
    MasterKey::create_file(&files.master(), &SeededEntropy::new(3)).unwrap();
    assert!(
        files.rotate(4, 0).unwrap_err().contains("was not wrapped under"),
        "a stranger's master key changes nothing"
    );
}

fn store(place: &Place) -> KeyStore {
    place.address.as_ref().map_or_else(|| KeyStore::Memory(place.memory().clone()), |at| KeyStore::open(at).unwrap())
}

fn reader(place: &Place) -> Reader {
    let address = place.address.as_ref();
    address.map_or_else(|| Reader::Memory(place.memory().reader()), |address| Reader::open(address).unwrap())
}

#[test]
fn keys_are_wrapped_anew_on_every_engine_whatever_interrupts() {
    for place in engines() {
        let files = Files::new(place.name);
        let (mut writer, before) = (place.writer(), files.vault(1));
        found(&mut writer);
        // More than one page of them.
        let acts: Vec<_> = (0..700).map(|n| declare(writer.image(), &before, n)).collect();
        assert!(commit(&mut writer, nine(), &acts).iter().all(Result::is_ok));
        let old = reader(&place).page::<KeyRow>(-1, 2000).unwrap();
        assert_eq!(old.len(), 700, "{}", place.name);
        files.rotate(2, 0).unwrap();

        // The first page is wrapped anew, then the power goes.
        let vault = files.vault(3);
        let mut work = Work::on(reader(&place), store(&place));
        assert_eq!(work.page(&vault).unwrap(), Some(512), "{}", place.name);
        drop((work, vault));
        let vault = files.vault(4);
        let good = |vault: &Vault| {
            let report = verify(&mut reader(&place), HashKind::Sha256, Some(vault), &[]).unwrap();
            assert_eq!(report.faults, Vec::<String>::new(), "{}", place.name);
        };
        good(&vault);
        // Meanwhile somebody declares, and somebody is forgotten.
        let act = declare(writer.image(), &vault, 900);
        commit(&mut writer, nine(), &[act])[0].as_ref().unwrap();
        let stale = (old[600].n, old[600].wrapped.clone(), vault.rewrap(&old[600]).unwrap().unwrap());
        writer.engine().forget(&[old[600].n]).unwrap();
        let mut keys = store(&place);
        assert_eq!(keys.rewrap(&[stale]).unwrap(), 0, "{}: a destroyed key comes back by nothing", place.name);
        let other = (old[650].n, old[651].wrapped.clone(), old[651].wrapped.clone());
        assert_eq!(keys.rewrap(&[other]).unwrap(), 0, "{}: nor is another's put in its place", place.name);
        drop(keys);

        let mut work = Work::on(reader(&place), store(&place));
        let mut wrapped = 0;
        while let Some(page) = work.page(&vault).unwrap() {
            wrapped += page;
        }
        assert_eq!(wrapped, 187, "{}: those that were left", place.name);
        files.retire();
        let vault = files.vault(5);
        let now = reader(&place).page::<KeyRow>(-1, 2000).unwrap();
        assert_eq!(now.len(), 700, "{}", place.name);
        for row in now.iter().filter(|row| row.n <= 700) {
            assert_eq!(
                vault.key(row).unwrap().bytes(),
                before.key(&old[usize::try_from(row.n).unwrap() - 1]).unwrap().bytes()
            );
            assert!(before.key(row).is_err(), "{}: the older key opens nothing any more", place.name);
        }
        assert!(reader(&place).key(old[600].n).unwrap().is_none(), "{}: who was forgotten stays so", place.name);
        good(&vault);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_changes_the_keys_and_the_next_server_ends_what_is_left() {
    let zone = Zone::new("rotate", None).unwrap();
    let (app, ended) = tokio::task::block_in_place(|| zone.start().unwrap());
    let villages = Declarations::new(app.image().catalog().unwrap(), app.now());
    for n in 0..3 {
        let body = villages.body(n);
        let request = yizhan::app::Request::keyed("rotate", &n.to_string(), body.as_bytes());
        let outcome = act::open(&app, Actor::Resident, SERVICE, request, body.as_bytes()).await;
        assert!(outcome.is_ok());
    }
    let refused = tokio::task::block_in_place(|| rotate::run(&zone.common(), Later::No).unwrap_err());
    assert!(refused.contains("owns this zone"), "not while a server has it: {refused}");
    let old = app.read(|reader| reader.page::<KeyRow>(-1, 10)).unwrap();
    drop(app);
    ended.await.unwrap();

    tokio::task::block_in_place(|| rotate::run(&zone.common(), Later::Yes).unwrap());
    let (app, ended) = tokio::task::block_in_place(|| zone.start().unwrap());
    assert!(app.vault.is_rotating());
    rotate::behind(app.clone(), zone.common().address()).await;
    let new = app.read(|reader| reader.page::<KeyRow>(-1, 10)).unwrap();
    assert!(old.iter().zip(&new).all(|(old, new)| old.n == new.n && old.wrapped != new.wrapped));
    drop(app);
    ended.await.unwrap();

    tokio::task::block_in_place(|| rotate::run(&zone.common(), Later::No).unwrap());
    let (app, ended) = tokio::task::block_in_place(|| zone.start().unwrap());
    assert!(!app.vault.is_rotating());
    let report = app.read(|reader| verify(reader, HashKind::Sha256, Some(&app.vault), &[])).unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    assert!(zone.folder.join("master.key.old-2").exists(), "each of the two before is kept");
    drop(app);
    ended.await.unwrap();
}
