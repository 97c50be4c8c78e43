//! A record cannot be forged: whatever is changed in a stored zone is found and named.

use super::world::{Place, commit, declare, found, nine, sqlite, unkeyed, vault};
use rusqlite::Connection;
use std::sync::Arc;
use yizhan_core::access::Viewer;
use yizhan_core::act::{Actor, Effects, Scene, Verb};
use yizhan_core::heads::{self, SignedHead};
use yizhan_core::ledger::Phase;
use yizhan_core::row::SubjectId;
use yizhan_core::verify::verify;
use yizhan_core::waist::sqlite::{EVIDENCE_FILE, key_file};
use yizhan_core::waist::{Address, Reader};
use yizhan_core::zone::{self, Damage};
use yizhan_kit::digest::HashKind;
use yizhan_kit::{Fen, Problem};

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

/// A transfer and a message, so that every table has a row to change.
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
        let held = effects.transfer(case, Phase::Pending, None, "welfare", rule, parties, Fen(400));
        effects.transfer(case, Phase::Post, Some(held), "welfare", rule, parties, Fen(400));
        effects.deliver("sms", None, &Arc::from(&b"sealed"[..]));
        effects.deliver("sms", None, &Arc::from(&b"sealed too"[..]));
        Ok(())
    }
}

/// A zone with a few declarations and a payment, closed.
fn written() -> (Place, std::path::PathBuf, SignedHead) {
    let place = sqlite();
    let mut writer = place.writer();
    found(&mut writer);
    let vault = vault(1);
    for n in 0..4 {
        let act = declare(writer.image(), &vault, n);
        commit(&mut writer, nine(), &[act])[0].as_ref().unwrap();
    }
    let settled = commit(&mut writer, nine(), &[unkeyed(Actor::System, Settled)]);
    let treasury = settled[0].as_ref().unwrap().about.unwrap();
    commit(&mut writer, nine(), &[unkeyed(Actor::System, Paid { treasury })])[0].as_ref().unwrap();
    let head = SignedHead::sign(writer.image(), &vault.signing_key());
    drop(writer);
    let Some(Address::Folder(folder)) = place.address.clone() else { panic!("a folder") };
    (place, folder, head)
}

fn faults(place: &Place, heads: &[SignedHead]) -> Vec<String> {
    let mut reader = Reader::open(place.address.as_ref().unwrap()).unwrap();
    verify(&mut reader, HashKind::Sha256, Some(&vault(1)), heads).unwrap().faults
}

#[test]
fn an_untouched_zone_is_good() {
    let (place, _, head) = written();
    assert_eq!(faults(&place, &[head]), Vec::<String>::new());
}

#[test]
fn every_changed_cell_is_found() {
    let (place, folder, _) = written();
    let database = Connection::open(folder.join(EVIDENCE_FILE)).unwrap();
    for table in ["journal", "subject", "fact", "step", "body", "transfer", "outbox"] {
        let mut columns = database.prepare(&format!("select name, type from pragma_table_info('{table}')")).unwrap();
        let columns: Vec<(String, String)> =
            columns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
        let key = &columns[0].0;
        let last: i64 = database.query_row(&format!("select max({key}) from {table}"), [], |row| row.get(0)).unwrap();
        for (column, kind) in &columns {
            let changed = match kind.as_str() {
                "INTEGER" if column == key => "?1 + 1000".to_owned(),
                "INTEGER" => format!("coalesce({column}, 0) + 1"),
                "TEXT" => format!("coalesce({column}, '') || 'x'"),
                _ => format!("cast(coalesce({column}, x'') || x'01' as blob)"),
            };
            database.execute_batch("savepoint change").unwrap();
            let sql = format!("update {table} set {column} = {changed} where {key} = ?1");
            database.execute(&sql, [last]).unwrap();
            database.execute_batch("release change").unwrap();
            let found = faults(&place, &[]);
            assert!(!found.is_empty(), "{table}.{column} was changed and nobody noticed");
            let opened = zone::open(place.engine(), HashKind::Sha256, Damage::Refused);
            assert!(opened.is_err() || table == "body", "{table}.{column}: a damaged zone was opened");
            restore(&database, table, column, kind, key, last);
            assert_eq!(faults(&place, &[]), Vec::<String>::new(), "{table}.{column} was put back");
        }
    }
}

fn restore(database: &Connection, table: &str, column: &str, kind: &str, key: &str, n: i64) {
    let (back, at) = match kind {
        "INTEGER" if column == key => (format!("{column} - 1000"), n + 1000),
        // What was null reads 1 now.
        "INTEGER" => {
            (format!("nullif({column} - 1, iif({column} = 1 and {}, 0, -9))", nullable(database, table, column)), n)
        }
        "TEXT" => (
            format!(
                "nullif(substr({column}, 1, length({column}) - 1), iif({}, '', 'no such text'))",
                nullable(database, table, column)
            ),
            n,
        ),
        _ => (
            format!(
                "iif(length({column}) = 1 and {}, null, substr({column}, 1, length({column}) - 1))",
                nullable(database, table, column)
            ),
            n,
        ),
    };
    database.execute(&format!("update {table} set {column} = {back} where {key} = ?1"), [at]).unwrap();
}

fn nullable(database: &Connection, table: &str, column: &str) -> bool {
    let sql = format!("select \"notnull\" = 0 from pragma_table_info('{table}') where name = ?1");
    database.query_row(&sql, [column], |row| row.get(0)).unwrap()
}

#[test]
fn a_removed_row_is_missed() {
    let numbered = ["step", "fact", "subject", "body", "transfer", "outbox"].map(|table| (table, "n"));
    for (table, key) in numbered.into_iter().chain([("journal", "seq")]) {
        let (place, folder, _) = written();
        let database = Connection::open(folder.join(EVIDENCE_FILE)).unwrap();
        let sql = format!("delete from {table} where {key} = (select max({key}) - 1 from {table})");
        assert_eq!(database.execute(&sql, []).unwrap(), 1);
        assert!(!faults(&place, &[]).is_empty(), "{table}: a row was removed and nobody noticed");
    }
}

#[test]
fn a_lost_tail_and_a_rewritten_chain_are_found_by_signed_heads() {
    let (place, folder, head) = written();
    let database = Connection::open(folder.join(EVIDENCE_FILE)).unwrap();
    // The whole last act is taken out, head and all: the chain alone looks good.
    let last: i64 = database.query_row("select max(seq) from journal", [], |row| row.get(0)).unwrap();
    for table in ["journal", "step", "body", "fact", "subject", "transfer", "outbox"] {
        database.execute(&format!("delete from {table} where seq = ?1"), [last]).unwrap();
    }
    database.execute("update head set seq = ?1, hash = (select hash from journal where seq = ?1)", [last - 1]).unwrap();
    assert_eq!(faults(&place, &[]), Vec::<String>::new());
    let found = faults(&place, std::slice::from_ref(&head));
    assert!(found.len() == 1 && found[0].contains("tail is lost"), "{found:?}");
    // Another act is put in its place.
    let mut writer = place.writer();
    let act = declare(writer.image(), &vault(7), 9);
    commit(&mut writer, nine(), &[act])[0].as_ref().unwrap();
    drop(writer);
    let found = faults(&place, std::slice::from_ref(&head));
    assert!(found.len() == 1 && found[0].contains("rewritten"), "{found:?}");
    let forged = SignedHead { seq: head.seq - 1, ..head };
    assert!(faults(&place, &[forged])[0].contains("signature is false"));
}

#[test]
fn a_signed_head_that_was_half_written_is_written_again() {
    let (_place, folder, head) = written();
    let file = folder.join(heads::HEADS_FILE);
    let _ = std::fs::remove_file(&file);
    heads::append(&file, &head).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let next = SignedHead { seq: head.seq + 1, hash: "0".repeat(64), ..head.clone() };
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, [&whole[..], &whole[..cut]].concat()).unwrap();
        assert_eq!(heads::read(&file).unwrap().len(), 1, "what was cut short counts for nothing");
        heads::append(&file, &next).unwrap();
        let seqs: Vec<u64> = heads::read(&file).unwrap().iter().map(|head| head.seq).collect();
        assert_eq!(seqs, [head.seq, next.seq]);
    }
}

#[test]
fn a_changed_key_is_found() {
    let (place, folder, _) = written();
    let keys = Connection::open(key_file(&folder)).unwrap();
    keys.execute("update key set wrapped = cast(wrapped || x'00' as blob) where n = 1", []).unwrap();
    let found = faults(&place, &[]);
    assert!(found.len() == 1 && found[0].contains("key 1"), "{found:?}");
}

#[test]
fn accepted_damage_is_served_and_not_written_past() {
    let (place, folder, _) = written();
    let database = Connection::open(folder.join(EVIDENCE_FILE)).unwrap();
    database.execute("delete from step where n = 3", []).unwrap();
    drop(database);
    let (mut writer, faults) = zone::open(place.engine(), HashKind::Sha256, Damage::Accepted).unwrap();
    assert!(!faults.is_empty());
    assert_eq!(writer.image().case_count(), 2, "what comes before the damage is there");
    let act = declare(writer.image(), &vault(3), 50);
    assert_eq!(commit(&mut writer, nine(), &[act])[0].as_ref().unwrap_err().kind.code, "store-unavailable");
}
