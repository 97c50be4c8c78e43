//! A backup made while the zone is written to is a whole zone on whichever engine it is put back, whole or as it was, and
//! what was forgotten since stays forgotten.

use super::world::{World, back_up, file, proof, restore, said, seal_key, which, yizhan};
use std::path::Path;
use yizhan::bench::cluster::{Cluster, pause};
use yizhan::bench::world::Place;
use yizhan::staff::sessions;
use yizhan::store;
use yizhan_core::access::Role;
use yizhan_core::act::Actor;
use yizhan_core::catalog::Level;
use yizhan_core::row::{BodyRow, JournalRow};
use yizhan_core::waist::Reader;

const PASSWORD: &str = "a long enough password";

/// Three empty places to put something back to.
struct Targets {
    whole: Place,
    earlier: Place,
    moment: Place,
}

async fn there_and_back(from: Place, to: Targets, sealed: bool) {
    let world = World::begun(from).await;
    let clerk = yizhan::staff::act::add(
        "clerk",
        "王工",
        Role::Officer(Level::Village),
        "990100003205".parse().unwrap(),
        None,
        world.app.now().day(),
    );
    let nothing = yizhan::app::Request::unkeyed(b"");
    let clerk = world.app.act(Actor::System, nothing, clerk).await.unwrap().about.unwrap();
    sessions::set_password(&world.app, "clerk", clerk, PASSWORD).unwrap();
    let key = sealed.then(|| seal_key(&world.place.folder, 7));
    let key = key.as_deref();
    let copy = world.place.folder.join("copy");
    let first = world.seq();
    back_up(&world.place, &copy, key).unwrap();
    assert_parts(&copy, sealed);

    // It goes on while the zone is written to, and only adds what is new.
    let before = std::fs::metadata(file(&copy, "acts-000000000001")).unwrap().modified().unwrap();
    let declaring = async {
        for n in 5..40 {
            world.declare(n).await;
        }
    };
    let backing = async {
        for _ in 0..4 {
            tokio::task::yield_now().await;
            back_up(&world.place, &copy, key).unwrap();
        }
    };
    tokio::join!(declaring, backing);
    let passed = world.app.now();
    pause(20);
    world.forget(2).await;
    back_up(&world.place, &copy, key).unwrap();
    let (last, beside) = (world.seq(), copy.with_file_name("copy.keys"));
    assert_eq!(std::fs::metadata(file(&copy, "acts-000000000001")).unwrap().modified().unwrap(), before);
    let secrets = if sealed { &copy } else { &beside };
    let held = std::fs::read_dir(secrets).unwrap().flatten();
    assert_eq!(held.filter(|entry| entry.file_name().to_string_lossy().starts_with("secrets-0")).count(), 1);

    // The drill says how far behind it is.
    world.declare(40).await;
    world.declare(41).await;
    let place = |path: &Path| path.display().to_string();
    let mut drill = vec!["drill".to_owned(), "--from".into(), place(&copy), "--data".into(), world.place.data.clone()];
    drill.extend(["--config".into(), place(&world.place.config_file()), "--master-key".into()]);
    drill.push(place(&world.place.folder.join("master.key")));
    if let Some(key) = key {
        drill.extend(["--seal-key".into(), place(key)]);
    }
    let drill: Vec<&str> = drill.iter().map(String::as_str).collect();
    let drilled = tokio::task::block_in_place(|| yizhan(&drill));
    let found = said(&drilled);
    assert!(drilled.status.success(), "{found}");
    assert_eq!((&found["ok"], &found["acts"], &found["behind"]["acts"]), (&true.into(), &last.into(), &2.into()));
    assert_eq!(found["bodies_forgotten"], 1, "{found}");
    assert!(found["heads"].as_u64() >= Some(2), "each run signs its head: {found}");
    assert!(found["bodies_opened"].as_u64() >= Some(39), "{found}");

    let from = world.end().await;
    for until in ["0", "9999", "2001-01-01T00:00"] {
        let refused = restore(&to.moment, which(&copy, key), Some(until), None).unwrap_err();
        assert!(refused.contains("none of them") || refused.contains("nothing was recorded"), "{until}: {refused}");
    }
    let list = from.folder.join("forgotten.txt");
    std::fs::write(&list, "4\n").unwrap();
    restore(&to.whole, which(&copy, key), None, Some(&list)).unwrap();
    assert!(restore(&to.whole, which(&copy, key), None, None).unwrap_err().contains("a zone"));
    let locked = store::vault(&to.whole.common().address(), &to.whole.config().unwrap());
    assert!(locked.is_err_and(|what| what.contains("master.key")), "no new master key over old keys");
    std::fs::copy(from.folder.join("master.key"), to.whole.folder.join("master.key")).unwrap();
    assert_restored(&to.whole, last, last, [true, false, true, false, true]).await;
    let (app, ended) = tokio::task::block_in_place(|| to.whole.start().unwrap());
    sessions::sign_in(&app, "clerk", PASSWORD, None).expect("passwords came back");
    drop(app);
    ended.await.unwrap();

    // As it was: what was forgotten later is not there either.
    std::fs::copy(from.folder.join("master.key"), to.earlier.folder.join("master.key")).unwrap();
    restore(&to.earlier, which(&copy, key), Some(&first.to_string()), None).unwrap();
    assert_restored(&to.earlier, first, last, [true, false, true, true, true]).await;
    let aside = to.earlier.folder.join(format!("heads-after-act-{first}.jsonl"));
    assert!(std::fs::read_to_string(aside).unwrap().contains("signature"), "later heads are kept aside");
    std::fs::copy(from.folder.join("master.key"), to.moment.folder.join("master.key")).unwrap();
    restore(&to.moment, which(&copy, key), Some(&passed.to_string()), None).unwrap();
    assert_restored(&to.moment, last - 1, last, [true, false, true, true, true]).await;
}

/// What a backup looks like from outside.
fn assert_parts(copy: &Path, sealed: bool) {
    let beside = copy.with_file_name("copy.keys");
    assert_eq!(beside.exists(), !sealed, "what opens it is kept apart, or sealed");
    assert_eq!(copy.join("secrets.json").exists(), sealed);
    assert!(!copy.join("master.key").exists() && !beside.join("master.key").exists());
    let manifest = std::fs::read_to_string(copy.join("manifest.json")).unwrap();
    assert_eq!(manifest.contains("welfare"), !sealed, "{manifest}");
    let part = std::fs::read(file(copy, "acts-")).unwrap();
    assert_eq!(part[18] == 0x78, !sealed, "a zlib stream begins so");
}

/// What was put back is whole, says so, begins a new epoch, and has forgotten what it should.
async fn assert_restored(place: &Place, act: u64, of: u64, keys: [bool; 5]) {
    let report = proof(place);
    assert_eq!((report.faults, report.acts), (Vec::new(), act + 1), "and the act that says that it was restored");
    tokio::task::block_in_place(|| {
        let mut reader = Reader::open(&place.common().address()).unwrap();
        let record = reader.one::<JournalRow>(act + 1).unwrap().unwrap();
        assert_eq!((&*record.verb, &*record.actor), ("restore-zone", "system"));
        let told: BodyRow = reader.one(record.last_body).unwrap().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.sealed).unwrap();
        assert_eq!((&told["act"], &told["of"]), (&act.into(), &of.into()));
        assert!(reader.head().unwrap().epoch > 2, "a new epoch");
        let there: Vec<bool> = (1..=5).map(|n| reader.key(n).unwrap().is_some()).collect();
        assert_eq!(there, keys);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_on_either_engine_and_a_restore_forgets_again() {
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    let folder = |name: &str| Place::new(name, None).unwrap();
    let server = |name: &str| Place::new(name, Some(cluster.address(name))).unwrap();
    let targets = |whole, earlier, moment| Targets { whole, earlier, moment };
    let to = targets(folder("backup-a1"), server("backup-a2"), folder("backup-a3"));
    there_and_back(folder("backup-a"), to, false).await;
    let to = targets(server("backup-b1"), folder("backup-b2"), server("backup-b3"));
    there_and_back(server("backup-b"), to, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_backup_opens_by_its_own_key_only_and_another_zone_adds_nothing() {
    let world = World::begun(Place::new("sealed-a", None).unwrap()).await;
    let other = World::begun(Place::new("sealed-b", None).unwrap()).await;
    let folder = world.place.folder.clone();
    let (key, stranger) = (seal_key(&folder, 1), seal_key(&folder, 2));
    let copy = folder.join("copy");
    back_up(&world.place, &copy, Some(&key)).unwrap();
    let to = Place::new("sealed-c", None).unwrap();
    let refused = |seal| restore(&to, which(&copy, seal), None, None).unwrap_err();
    assert!(refused(None).contains("sealed"));
    assert!(refused(Some(&*stranger)).contains("another key"));
    let adds = |place, to: &Path, seal| back_up(place, to, seal).unwrap_err();
    assert!(adds(&world.place, &copy, None).contains("sealed"));
    assert!(adds(&world.place, &copy, Some(&*stranger)).contains("another key"));
    assert!(adds(&other.place, &copy, Some(&*key)).contains("not of this chain"));
    let nowhere = folder.join("no.key");
    let missing = adds(&world.place, &folder.join("new"), Some(&*nowhere));
    assert!(missing.contains("openssl rand"), "{missing}");
    assert!(adds(&world.place, &folder, None).contains("begins in an empty folder"));
    let plain = folder.join("plain");
    back_up(&world.place, &plain, None).unwrap();
    assert!(adds(&world.place, &plain, Some(&*key)).contains("not sealed"));
    // Where another zone's key lies nothing is restored: it would be lost for ever.
    let theirs = to.folder.join("keys/zone.key");
    std::fs::create_dir_all(to.folder.join("keys")).unwrap();
    std::fs::write(&theirs, b"theirs").unwrap();
    assert!(restore(&to, which(&plain, None), None, None).unwrap_err().contains("another zone"));
    assert_eq!(std::fs::read(&theirs).unwrap(), b"theirs");
    assert!(!to.folder.join("zone.sqlite").exists());
    world.end().await;
    other.end().await;
}
