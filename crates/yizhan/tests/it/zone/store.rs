//! Every engine keeps what it was given, in order, and nothing it was not.

use super::world::{Place, engines, sqlite};
use yizhan::bench::cluster::Cluster;
use yizhan_core::journal;
use yizhan_core::row::{
    BodyRow, FactRow, ForgetKey, JournalRow, KeyRow, OutboxRow, Rows, StepRow, SubjectId, SubjectRow, TransferRow,
};
use yizhan_core::waist::load::{Depth, every_act};
use yizhan_core::waist::{Address, AppendError, Engine, ReadError};
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Day, Digest16, Hash32, Moment};

/// One act with a row in every table, its optional columns full or empty.
fn act(seq: u64, full: bool) -> Rows {
    let some = |n: u64| full.then_some(n);
    let bytes = || -> std::sync::Arc<[u8]> { if full { vec![0, 255, 7].into() } else { Vec::new().into() } };
    let text = if full { "字 \"'\\ 🜁 \u{202e}" } else { "" };
    Rows {
        subjects: vec![SubjectRow { id: SubjectId(u32::try_from(seq).unwrap() - 1), seq, kind: text.into() }],
        facts: vec![FactRow {
            n: seq,
            seq,
            subject: SubjectId(u32::MAX),
            attribute: "a.b".into(),
            value: full.then(|| text.into()),
            sealed: full.then(bytes),
            key: some(3),
            true_from: Day(i32::MIN),
            true_to: full.then_some(Day(i32::MAX)),
            before: some(1),
            source: text.into(),
        }],
        steps: vec![StepRow {
            n: seq,
            seq,
            case: SubjectId(0),
            verb: "open".into(),
            name: text.into(),
            area: 990_100_003_205,
            key: some(i64::MAX as u64),
            body: some(2),
            before: some(1),
        }],
        transfers: vec![TransferRow {
            n: seq,
            seq,
            case: SubjectId(1),
            phase: "direct".into(),
            pending: some(1),
            fund: text.into(),
            debit: SubjectId(2),
            credit: SubjectId(3),
            amount_fen: if full { i64::MAX } else { i64::MIN },
            rule: full.then(|| "rule".into()),
        }],
        bodies: vec![BodyRow { n: seq, seq, key: some(1), sealed: bytes() }],
        outbox: vec![OutboxRow { n: seq, seq, kind: "sms".into(), key: some(1), payload: bytes() }],
        journal: vec![JournalRow {
            seq,
            at: Moment(-1),
            actor: text.into(),
            verb: "verb".into(),
            request_key: full.then_some(Digest16([7; 16])),
            request: Digest16([8; 16]),
            catalog: 0,
            about: full.then_some(SubjectId(5)),
            keys: seq,
            last_body: seq,
            bodies: full.then_some(Hash32([1; 32])),
            hash: Hash32([2; 32]),
        }],
        keys: vec![KeyRow {
            n: seq,
            seq,
            subject: SubjectId(1),
            purpose: "journey".into(),
            wrapped: bytes(),
            blind: if full { vec![1; 32].into() } else { Vec::new().into() },
        }],
        forget: Vec::new(),
    }
}

fn founded(place: &Place) -> Engine {
    let mut engine = place.engine();
    engine.found(journal::genesis(HashKind::Sha256)).unwrap();
    engine
}

#[test]
fn every_row_comes_back_as_it_was() {
    for place in engines() {
        let mut engine = founded(&place);
        let (first, second) = (act(1, true), act(2, false));
        let mut both = first.clone();
        both.append(second.clone());
        engine.append(1, 0, Hash32([3; 32]), &both).unwrap();
        let head = engine.head().unwrap();
        assert_eq!((head.epoch, head.seq, head.hash), (1, 2, Hash32([3; 32])), "{}", place.name);
        let reader = engine.reader().unwrap();
        let mut found = Vec::new();
        every_act::<ReadError>(&reader, Depth::Bodies, |rows| {
            found.push(rows);
            Ok(())
        })
        .unwrap();
        assert_eq!(found, vec![first, second], "{}", place.name);
    }
}

#[test]
fn a_fenced_append_writes_nothing() {
    for place in engines() {
        let mut engine = founded(&place);
        engine.append(1, 0, Hash32([3; 32]), &act(1, true)).unwrap();
        let mut stale = act(2, true);
        stale.keys.clear();
        assert_eq!(
            engine.append(2, 1, Hash32([4; 32]), &stale),
            Err(AppendError::Fenced),
            "{}: a foreign epoch",
            place.name
        );
        assert_eq!(
            engine.append(1, 0, Hash32([4; 32]), &stale),
            Err(AppendError::Fenced),
            "{}: a stale act",
            place.name
        );
        assert_eq!(engine.take_over().unwrap(), 2);
        assert_eq!(
            engine.append(1, 1, Hash32([4; 32]), &stale),
            Err(AppendError::Fenced),
            "{}: a lapsed owner",
            place.name
        );
        let mut reader = engine.reader().unwrap();
        assert_eq!(reader.page::<StepRow>(0, 10).unwrap().len(), 1, "{}", place.name);
        assert!(
            matches!(engine.append(2, 1, Hash32([4; 32]), &act(1, true)), Err(AppendError::Refused(_)))
                || place.name == "memory"
        );
        engine.append(2, 1, Hash32([4; 32]), &act(2, true)).unwrap();
    }
}

/// Its rows are sent in one go with the question whether it still owns the zone: what it sent must not stand in the way of the owner.
#[test]
fn an_owner_of_before_holds_nothing() {
    for place in engines().into_iter().filter(|place| place.name == "postgres") {
        let mut before = founded(&place);
        let mut owner = place.engine();
        assert_eq!(owner.take_over().unwrap(), 2);
        assert_eq!(before.append(1, 0, Hash32([3; 32]), &act(1, true)), Err(AppendError::Fenced));
        // The other one is kept, and not asked again.
        let (told, hears) = std::sync::mpsc::channel();
        std::thread::spawn(move || told.send(owner.append(2, 0, Hash32([4; 32]), &act(1, true))));
        let within = std::time::Duration::from_secs(10);
        assert_eq!(hears.recv_timeout(within), Ok(Ok(())), "it waits for the owner of before");
        drop(before);
    }
}

/// A name that the certificate does not bear, an authority that is not trusted, a server that does not speak TLS: no.
#[test]
fn a_database_elsewhere_is_reached_under_tls_with_its_name_verified() {
    let server = Cluster::start().unwrap();
    let at = |host: &str, more: &str| {
        Address::parse(&format!("postgres://yizhan@{host}:{}/postgres?{more}#z", server.port()))
    };
    let refused = |address: &Address| Engine::open(address).err().expect("it is not opened");
    assert!(refused(&at("localhost", "sslmode=require")).contains("TLS"), "it does not speak TLS yet");
    let certificate = server.encrypt().unwrap();
    let trusting = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
    let mut opened = Engine::open(&at("localhost", &trusting));
    for _ in 0..50 {
        // The server reads its settings anew in its own time.
        if opened.is_ok() {
            break;
        }
        yizhan::bench::cluster::pause(100);
        opened = Engine::open(&at("localhost", &trusting));
    }
    let mut engine = opened.unwrap_or_else(|why| panic!("it is not reached under TLS: {why}"));
    engine.found(journal::genesis(HashKind::Sha256)).unwrap();
    assert_eq!(engine.head().unwrap().seq, 0);
    assert!(refused(&at("localhost", "sslmode=require")).contains("certificate"), "nobody vouches for it");
    assert!(refused(&at("127.0.0.1", &trusting)).contains("certificate"), "it is another's");
}

/// As after a power cut in the middle of writing, wherever that was.
#[test]
fn a_log_that_was_half_written_ends_between_two_acts() {
    const ACTS: u64 = 12;
    let place = sqlite();
    let Some(Address::Folder(folder)) = place.address.clone() else { panic!("it is in a folder") };
    let mut engine = founded(&place);
    for seq in 1..=ACTS {
        engine.append(1, seq - 1, Hash32([u8::try_from(seq).unwrap(); 32]), &act(seq, true)).unwrap();
    }
    let log = std::fs::read(folder.join("zone.sqlite-wal")).unwrap();
    let mut ends = std::collections::BTreeSet::new();
    for cut in (0..log.len()).step_by(log.len() / 61).chain([log.len()]) {
        let torn = sqlite();
        let Some(Address::Folder(copy)) = torn.address.clone() else { panic!("it is in a folder") };
        let copied = std::process::Command::new("cp").arg("-r").args([&folder, &copy]).status();
        assert!(copied.unwrap().success());
        std::fs::write(copy.join("zone.sqlite-wal"), &log[..cut]).unwrap();
        let _ = std::fs::remove_file(copy.join("zone.sqlite-shm"));
        let mut opened = torn.engine();
        opened.found(journal::genesis(HashKind::Sha256)).unwrap();
        let head = opened.head().unwrap().seq;
        let mut known = 0;
        every_act::<ReadError>(&opened.reader().unwrap(), Depth::Bodies, |rows| {
            assert_eq!((rows.steps.len(), rows.bodies.len(), rows.transfers.len()), (1, 1, 1), "half an act");
            known += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(known, head, "cut at {cut} of {}", log.len());
        ends.insert(head);
    }
    assert!(ends.contains(&ACTS) && ends.len() > 5, "the log was cut in many places: {ends:?}");
}

#[test]
fn a_forgotten_key_is_gone() {
    for place in engines() {
        let mut engine = founded(&place);
        engine.append(1, 0, Hash32([3; 32]), &act(1, true)).unwrap();
        let mut forgetting = act(2, true);
        forgetting.forget = vec![ForgetKey { n: 1, blind: Vec::new().into() }];
        engine.append(1, 1, Hash32([4; 32]), &forgetting).unwrap();
        engine.forget(&[1]).unwrap();
        let mut reader = engine.reader().unwrap();
        assert!(reader.key(1).unwrap().is_none(), "{}", place.name);
        assert!(reader.key(2).unwrap().is_some(), "{}", place.name);
        assert_eq!(reader.body(2).unwrap().unwrap().n, 2);
        assert!(reader.body(9).unwrap().is_none());
    }
}

#[test]
fn histories_are_read_backwards() {
    for place in engines() {
        let mut engine = founded(&place);
        for seq in 1..=3 {
            let mut rows = act(seq, true);
            rows.steps[0].before = seq.checked_sub(1).filter(|n| *n > 0);
            rows.facts[0].before = rows.steps[0].before;
            engine.append(1, seq - 1, Hash32([3; 32]), &rows).unwrap();
        }
        let mut reader = engine.reader().unwrap();
        let steps: Vec<u64> = reader.steps_back(3).unwrap().iter().map(|row| row.n).collect();
        let facts: Vec<u64> = reader.facts_back(2).unwrap().iter().map(|row| row.n).collect();
        assert_eq!((steps, facts), (vec![3, 2, 1], vec![2, 1]), "{}", place.name);
    }
}

#[test]
fn every_statement_prepares() {
    for place in engines() {
        drop(founded(&place));
        if let Some(address) = &place.address {
            yizhan_core::waist::prepare_all(address).unwrap_or_else(|error| panic!("{}: {error}", place.name));
        }
    }
}
