//! Whatever is wrong with a backup, the drill finds it, names it and ends with 1.

use super::world::{World, back_up, copy, file, proof, restore, said, which, yizhan};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};
use yizhan::bench::world::Place;
use yizhan_core::waist::sqlite::{EVIDENCE_FILE, key_file};

/// Where a fault is planted: the evidence and the secrets of a copy of a good backup.
struct Planted<'a> {
    evidence: &'a Path,
    secrets: &'a Path,
}

fn change(path: &Path, act: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    act(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn flip(path: &Path) {
    change(path, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
}

fn replace(path: &Path, what: &str, by: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(what), "{what} in {text}");
    fs::write(path, text.replacen(what, by, 1)).unwrap();
}

/// The faults that a drill names; none when it is content.
fn drill(from: &Path, master: &Path) -> Vec<String> {
    let place = |path: &Path| path.display().to_string();
    let output = yizhan(&["drill", "--from", &place(from), "--master-key", &place(master)]);
    let found = said(&output);
    let faults: Vec<String> = serde_json::from_value(found["faults"].clone()).unwrap();
    assert_eq!(output.status.code(), Some(i32::from(!faults.is_empty())), "{found}");
    assert_eq!(found["ok"], faults.is_empty());
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_is_found() {
    let world = World::begun(Place::new("fault", None).unwrap()).await;
    let folder = world.place.folder.clone();
    let good = folder.join("good");
    back_up(&world.place, &good, None).unwrap();
    let older = folder.join("older");
    copy(&good.with_file_name("good.keys"), &older);
    for n in 5..9 {
        world.declare(n).await;
    }
    back_up(&world.place, &good, None).unwrap();
    let other = folder.join("other");
    back_up(&world.place, &other, None).unwrap();
    let foreign = folder.join("foreign.key");
    yizhan_kit::seal::MasterKey::create_file(&foreign, &yizhan_kit::id::SeededEntropy::new(3)).unwrap();
    let master = folder.join("master.key");
    let first = 9;
    let place = world.end().await;
    assert_eq!(drill(&good, &master), Vec::<String>::new());

    let secrets_of = |name: &str| folder.join(format!("{name}.keys"));
    type Fault<'a> = Box<dyn Fn(&Planted<'_>) + 'a>;
    let faults: Vec<(&str, &str, Fault<'_>)> = vec![
        ("a flipped byte of evidence", "acts-", Box::new(|at| flip(&file(at.evidence, "acts-000000000001")))),
        ("a flipped byte of the second part", "acts-", Box::new(|at| flip(&file(at.evidence, "acts-")))),
        ("a flipped byte of keys", "secrets-", Box::new(|at| flip(&file(at.secrets, "secrets-0")))),
        ("a part cut off", "cut off", Box::new(|at| change(&file(at.evidence, "acts-"), |bytes| bytes.truncate(90)))),
        ("a part grown", "longer", Box::new(|at| change(&file(at.evidence, "acts-"), |bytes| bytes.push(0)))),
        ("a part that is missing", "No such file", Box::new(|at| fs::remove_file(file(at.evidence, "acts-")).unwrap())),
        ("no manifest", "manifest.json", Box::new(|at| fs::remove_file(at.evidence.join("manifest.json")).unwrap())),
        (
            "half a manifest",
            "manifest.json",
            Box::new(|at| change(&at.evidence.join("manifest.json"), |b| b.truncate(200))),
        ),
        ("no keys", "secrets.json", Box::new(|at| fs::remove_dir_all(at.secrets).unwrap())),
        ("the keys of an earlier run", "keys end at act", Box::new(|at| copy(&older, at.secrets))),
        ("the keys of another backup", "belongs to backup", Box::new(|at| copy(&secrets_of("other"), at.secrets))),
        (
            "a wrong sum",
            "money of welfare",
            Box::new(|at| replace(&at.evidence.join("manifest.json"), "\"held_fen\": 301", "\"held_fen\": 302")),
        ),
        (
            "a wrong count",
            "subjects of kind travel-declaration",
            Box::new(|at| {
                replace(&at.evidence.join("manifest.json"), "\"travel-declaration\": 9", "\"travel-declaration\": 8")
            }),
        ),
        (
            "an unfinished list of parts",
            "the parts end at act",
            Box::new(|at| {
                let path = at.evidence.join("manifest.json");
                let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                manifest["open"]["parts"].as_array_mut().unwrap().pop();
                fs::write(&path, manifest.to_string()).unwrap();
            }),
        ),
        (
            "a head signed by a stranger",
            "signed head",
            Box::new(|at| replace(&at.evidence.join("heads.jsonl"), "\"signature\":\"", "\"signature\":\"00")),
        ),
    ];
    let planted = folder.join("planted");
    for (fault, said, plant) in &faults {
        copy(&good, &planted);
        copy(&secrets_of("good"), &secrets_of("planted"));
        plant(&Planted { evidence: &planted, secrets: &secrets_of("planted") });
        let found = drill(&planted, &master);
        assert!(found.iter().any(|what| what.contains(said)), "{fault}: {found:?}");
    }
    let found = drill(&good, &foreign);
    assert!(found.iter().any(|what| what.contains("was not wrapped under")), "{found:?}");
    let found = drill(&good, &folder.join("no.key"));
    assert!(found.iter().any(|what| what.contains("master key is not there")), "{found:?}");
    nothing_is_left();

    // What comes before the damage is not lost with what comes after it.
    copy(&good, &planted);
    copy(&secrets_of("good"), &secrets_of("planted"));
    flip(&file(&planted, "acts-"));
    let to = Place::new("fault-to", None).unwrap();
    let refused = restore(&to, which(&planted, None), None, None).unwrap_err();
    assert!(refused.contains(&format!("--until {first}")), "{refused}");
    restore(&to, which(&planted, None), Some(&first.to_string()), None).unwrap();
    fs::copy(place.folder.join("master.key"), to.folder.join("master.key")).unwrap();
    let report = proof(&to);
    assert_eq!((report.faults, report.acts), (Vec::new(), first + 1));
}

fn nothing_is_left() {
    let left = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("yizhan-drill-");
    let mut entries = fs::read_dir(std::env::temp_dir()).unwrap().flatten().map(|entry| entry.path());
    // Another test may be drilling at this moment; whatever belongs to a process that is gone was left.
    let gone = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.split('-').nth(2).is_some_and(|process| !Path::new("/proc").join(process).exists())
    };
    assert_eq!(entries.find(|path| left(path) && gone(path)), None, "a drill removes its place");
}

/// What is damaged already is not backed up as if it were whole; a key that was lost in silence is missed by the drill.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_with_missing_rows_is_refused_and_a_missing_key_is_missed() {
    let world = World::begun(Place::new("fault-rows", None).unwrap()).await;
    let place = world.end().await;
    let (whole, master) = (place.folder.join("whole"), place.folder.join("master.key"));
    let database = Connection::open(key_file(&place.folder)).unwrap();
    database.execute("delete from key where n = 3", []).unwrap();
    back_up(&place, &whole, None).unwrap();
    let found = drill(&whole, &master);
    assert!(found.iter().any(|what| what.contains("the first is key 3")), "{found:?}");
    assert!(found.iter().any(|what| what.contains("its key 3 is missing")), "{found:?}");

    let (evidence, kept) = (place.folder.join(EVIDENCE_FILE), place.folder.join("kept.sqlite"));
    let change = |sql: &str| {
        let database = Connection::open(&evidence).unwrap();
        database.execute_batch(&format!("{sql}; pragma wal_checkpoint(truncate)")).unwrap();
    };
    change("select 1");
    fs::copy(&evidence, &kept).unwrap();
    for (sql, said) in [
        ("delete from body where n = 3", "act 4"),
        ("delete from transfer where n = 2", "chain is broken"),
        ("delete from journal where seq = 6", "act"),
    ] {
        change(sql);
        let refused = back_up(&place, &place.folder.join("damaged"), None).unwrap_err();
        assert!(refused.contains(said), "{sql}: {refused}");
        assert!(!place.folder.join("damaged/manifest.json").exists(), "it never claims to be a backup");
        fs::copy(&kept, &evidence).unwrap();
    }
}
