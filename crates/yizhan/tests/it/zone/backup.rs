//! A copy made while the zone runs is a whole zone, on whichever engine it is put back, and what was forgotten since stays
//! forgotten.

use yizhan::bench::cluster::Cluster;
use yizhan::bench::world::{Declarations, Place, SERVICE};
use yizhan::case::act;
use yizhan::serve::backup;
use yizhan::staff::sessions;
use yizhan::store;
use yizhan_core::access::Role;
use yizhan_core::act::Actor;
use yizhan_core::catalog::Level;
use yizhan_core::verify::verify;
use yizhan_core::waist::Reader;
use yizhan_kit::digest::HashKind;

const PASSWORD: &str = "a long enough password";

async fn there_and_back(from: &Place, to: &Place) {
    let (app, ended) = tokio::task::block_in_place(|| from.start().unwrap());
    let villages = Declarations::new(app.image().catalog().unwrap(), app.now());
    let nothing = yizhan::app::Request::unkeyed(b"");
    let clerk = yizhan::staff::act::add(
        "clerk",
        "王工",
        Role::Officer(Level::Village),
        "990100003205".parse().unwrap(),
        None,
        app.now().day(),
    );
    let clerk = app.act(Actor::System, nothing, clerk).await.unwrap().about.unwrap();
    sessions::set_password(&app, "clerk", clerk, PASSWORD).unwrap();
    let declare = async |n: usize| {
        let body = villages.body(n);
        let request = yizhan::app::Request::keyed("backup", &n.to_string(), body.as_bytes());
        act::open(&app, Actor::Resident, SERVICE, request, body.as_bytes()).await.unwrap()
    };
    for n in 0..5 {
        declare(n).await;
    }
    let copy = from.folder.join("copy");
    let keys = from.folder.join("copy.keys");
    tokio::task::block_in_place(|| backup::run(&from.common(), &copy, None).unwrap());
    assert!(backup::run(&from.common(), &copy, None).unwrap_err().contains("never written over"));
    assert!(!copy.join("keys").exists() && !copy.join("working.sqlite").exists(), "what opens it is kept apart");
    assert!(!keys.join("master.key").exists() && !copy.join("master.key").exists(), "the master key is in neither");
    for n in 5..8 {
        declare(n).await;
    }
    drop(app);
    ended.await.unwrap();

    let list = to.folder.join("forgotten.txt");
    std::fs::write(&list, "2\n4\n").unwrap();
    let restored = tokio::task::block_in_place(|| {
        backup::restore(&to.common(), &copy, None, Some(&list)).unwrap();
        assert!(backup::restore(&to.common(), &copy, None, None).unwrap_err().contains("a zone"));
        let locked = store::vault(&to.common().address(), &to.config().unwrap());
        assert!(locked.is_err_and(|what| what.contains("master.key")), "no new master key over old keys");
        std::fs::copy(from.folder.join("master.key"), to.folder.join("master.key")).unwrap();
        to.start().unwrap()
    });
    let (app, ended) = restored;
    tokio::task::block_in_place(|| {
        let mut reader = Reader::open(&to.common().address()).unwrap();
        let report = verify(&mut reader, HashKind::Sha256, Some(&app.vault), &[]).unwrap();
        assert_eq!((report.faults, report.acts), (Vec::new(), 8), "two founding acts, a clerk and five declarations");
        let keys: Vec<bool> = (1..=5).map(|n| reader.key(n).unwrap().is_some()).collect();
        assert_eq!(keys, [true, false, true, false, true]);
    });
    sessions::sign_in(&app, "clerk", PASSWORD, None).expect("passwords came back");
    drop(app);
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_and_a_restore_forgets_again() {
    let cluster = tokio::task::block_in_place(|| Cluster::start().unwrap());
    let folder = |name: &str| Place::new(name, None).unwrap();
    let server = |name: &str| Place::new(name, Some(cluster.address(name))).unwrap();
    there_and_back(&folder("backup-a"), &folder("backup-b")).await;
    there_and_back(&folder("backup-c"), &server("backup-d")).await;
    there_and_back(&server("backup-e"), &folder("backup-f")).await;
}
