//! A copy made while the zone runs is a whole zone, and what was forgotten since stays forgotten after a restore.

use yizhan::bench::world::{Declarations, Place, SERVICE};
use yizhan::case::act;
use yizhan::serve::backup;
use yizhan_core::act::Actor;
use yizhan_core::verify::verify;
use yizhan_core::waist::{Address, Reader};
use yizhan_kit::digest::HashKind;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_whole_and_a_restore_forgets_again() {
    let place = Place::new("backup", None).unwrap();
    let (app, ended) = tokio::task::block_in_place(|| place.start().unwrap());
    let from = Declarations::new(app.image().catalog().unwrap(), app.now());
    let declare = async |n: usize| {
        let body = from.body(n);
        let request = yizhan::app::Request::keyed("backup", &n.to_string(), body.as_bytes());
        act::open(&app, Actor::Resident, SERVICE, request, body.as_bytes()).await.unwrap()
    };
    for n in 0..5 {
        declare(n).await;
    }
    let copy = place.folder.join("copy");
    backup::run(&place.common(), &copy).unwrap();
    assert!(backup::run(&place.common(), &copy).unwrap_err().contains("never written over"));
    for n in 5..8 {
        declare(n).await;
    }
    drop(app);
    ended.await.unwrap();

    let restored = Place::new("restored", None).unwrap();
    let zone = restored.folder.join("zone");
    let list = restored.folder.join("forgotten.txt");
    std::fs::write(&list, "2\n4\n").unwrap();
    let mut common = restored.common();
    common.data = zone.display().to_string();
    tokio::task::block_in_place(|| backup::restore(&common, &copy, Some(&list))).unwrap();
    let mut reader = Reader::open(&Address::Folder(zone.clone())).unwrap();
    let report = verify(&mut reader, HashKind::Sha256, None, &[]).unwrap();
    assert_eq!((report.faults, report.acts), (Vec::new(), 7), "two founding acts and five declarations");
    let keys: Vec<bool> = (1..=5).map(|n| reader.key(n).unwrap().is_some()).collect();
    assert_eq!(keys, [true, false, true, false, true]);
    let again = tokio::task::block_in_place(|| backup::restore(&common, &copy, None));
    assert!(again.unwrap_err().contains("holds a zone"));
}
