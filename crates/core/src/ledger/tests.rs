//! Money is conserved, and what cannot be is refused by name.

use super::*;

const CASE: SubjectId = SubjectId(1);

fn row(n: u64, phase: &str, pending: Option<u64>, debit: u32, credit: u32, amount_fen: i64) -> TransferRow {
    TransferRow {
        n,
        seq: n,
        case: CASE,
        phase: phase.into(),
        pending,
        fund: "relief".into(),
        debit: SubjectId(debit),
        credit: SubjectId(credit),
        amount_fen,
        rule: Some("aid".into()),
    }
}

/// Account 7 is where money comes from.
struct Zone;

impl Limits for Zone {
    fn may_owe(&self, fund: &str, account: SubjectId) -> Option<bool> {
        (fund == "relief").then_some(account == SubjectId(7))
    }
    fn is_case(&self, subject: SubjectId) -> bool {
        subject == CASE
    }
}

fn balance(posted: i64, leaving: i64, arriving: i64) -> Balance {
    Balance { posted: Fen(posted), leaving: Fen(leaving), arriving: Fen(arriving) }
}

#[test]
fn money_is_conserved_through_both_phases() {
    let mut ledger = Ledger::default();
    let of = |ledger: &Ledger, account| ledger.balance("relief", SubjectId(account));
    ledger.apply(&row(1, "direct", None, 7, 8, 1_000)).unwrap();
    ledger.apply(&row(2, "pending", None, 8, 9, 400)).unwrap();
    assert_eq!((of(&ledger, 8), of(&ledger, 9)), (balance(1_000, 400, 0), balance(0, 0, 400)));
    ledger.apply(&row(3, "post", Some(2), 8, 9, 300)).unwrap();
    assert_eq!((of(&ledger, 8), of(&ledger, 9)), (balance(700, 0, 0), balance(300, 0, 0)), "the rest is released");
    ledger.apply(&row(4, "pending", None, 8, 9, 700)).unwrap();
    ledger.apply(&row(5, "void", Some(4), 8, 9, 700)).unwrap();
    assert_eq!((of(&ledger, 8), of(&ledger, 9)), (balance(700, 0, 0), balance(300, 0, 0)));
    assert_eq!(ledger.trial_balance(), [("relief".into(), Fen(0))]);
    assert_eq!((ledger.pending(), ledger.len()), (0, 5));
}

#[test]
fn a_statement_and_a_case_list_their_transfers_backwards() {
    let mut ledger = Ledger::default();
    ledger.apply(&row(1, "direct", None, 7, 8, 1_000)).unwrap();
    ledger.apply(&row(2, "pending", None, 8, 9, 400)).unwrap();
    ledger.apply(&TransferRow { case: SubjectId(2), ..row(3, "direct", None, 7, 9, 5) }).unwrap();
    ledger.apply(&row(4, "post", Some(2), 8, 9, 400)).unwrap();
    let numbers = |transfers: &mut dyn Iterator<Item = Transfer>| transfers.map(|one| one.n).collect::<Vec<_>>();
    assert_eq!(numbers(&mut ledger.statement("relief", SubjectId(8))), [4, 2, 1]);
    assert_eq!(numbers(&mut ledger.statement("relief", SubjectId(9))), [4, 3, 2]);
    assert_eq!(numbers(&mut ledger.statement("other", SubjectId(9))), [0; 0]);
    assert_eq!(numbers(&mut ledger.of_case(CASE)), [4, 2, 1]);
    let pending = ledger.transfer(2).unwrap();
    assert_eq!((pending.settled_by, pending.waits(), &*pending.rule), (Some(4), false, "aid"));
    assert_eq!(ledger.funds_of(SubjectId(9)), [Arc::from("relief")]);
}

#[test]
fn refuses_what_cannot_be() {
    let check = |rows: &[TransferRow], expected: Refused| {
        let mut ledger = Ledger::default();
        let refused = rows.iter().find_map(|row| ledger.decide(row, &Zone).err());
        assert_eq!(refused, Some(expected), "{rows:?}");
    };
    let pending = || row(1, "pending", None, 7, 2, 5);
    check(&[row(1, "direct", None, 7, 2, 0)], Refused::NoAmount);
    check(&[row(1, "direct", None, 7, 7, 5)], Refused::SameAccount);
    check(&[row(1, "post", Some(9), 7, 2, 5)], Refused::NotPending);
    check(&[row(1, "post", None, 7, 2, 5)], Refused::UnknownPhase);
    check(&[row(1, "gift", None, 7, 2, 5)], Refused::UnknownPhase);
    check(&[pending(), row(2, "post", Some(1), 7, 2, 6)], Refused::DoesNotFit);
    check(&[pending(), row(2, "void", Some(1), 7, 2, 4)], Refused::DoesNotFit);
    check(&[pending(), row(2, "post", Some(1), 7, 3, 5)], Refused::DoesNotFit);
    let other = TransferRow { fund: "other".into(), ..row(1, "direct", None, 7, 2, 5) };
    check(&[other], Refused::UnknownFund);
    let uncited = TransferRow { case: SubjectId(4), ..row(1, "direct", None, 7, 2, 5) };
    check(&[uncited], Refused::NoCase);
    let settled = row(2, "post", Some(1), 7, 2, 5);
    check(&[pending(), settled, row(3, "void", Some(1), 7, 2, 5)], Refused::NotPending);
    let huge = i64::MAX;
    check(&[row(1, "direct", None, 7, 2, huge), row(2, "direct", None, 7, 2, huge)], Refused::Overflow);
    // What is set aside cannot be given a second time.
    let funded = row(1, "direct", None, 7, 8, 10);
    check(&[funded.clone(), row(2, "direct", None, 8, 9, 11)], Refused::Overdraft);
    check(&[funded, row(2, "pending", None, 8, 9, 6), row(3, "pending", None, 8, 9, 5)], Refused::Overdraft);
}
