//! The engine against worked rows, and what may never happen whatever the bills.

use super::engine::{Account, LEVELS, PARTS, portion};
use super::words::{arithmetic, why, write_fen};
use super::*;
use crate::catalog::{CatalogSource, Mistake, load_policy};
use std::path::Path;
use yizhan_kit::id::{Entropy, SeededEntropy};
use yizhan_kit::{Day, Fen, Lang};

fn kept(name: &str) -> Policy {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalog"));
    let source = CatalogSource::read_dir(folder).unwrap();
    load_policy(&source, &format!("settlement/{name}.toml")).unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)))
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n")
}

/// A policy of one layer or several, with the usual frame.
fn policy_of(layers: &str) -> Policy {
    let text = format!(
        r#"title = {{zh = "试", en = "Trial"}}
about = {{zh = "试。", en = "A trial."}}
from = 2020-01-01
standing = "illustrative"
example = []
payer = [{{id = "one", zh = "甲", en = "One"}}, {{id = "two", zh = "乙", en = "Two"}}]
category = [{{id = "a", zh = "子", en = "A"}}, {{id = "b", zh = "丑", en = "B"}}]
kind = [{{id = "in", zh = "内", en = "In", admission = true}}, {{id = "out", zh = "外", en = "Out"}}]
{layers}"#
    );
    let source = CatalogSource { files: [("settlement/trial.toml".to_owned(), text)].into() };
    load_policy(&source, "settlement/trial.toml").unwrap_or_else(|mistakes| panic!("{}", lines(&mistakes)))
}

fn layer(payer: &str, base: &str, per: &str, terms: &str) -> String {
    format!(
        "[[layer]]\npayer = \"{payer}\"\nbase = \"{base}\"\naccumulator = \"{payer}\"\nrounding = {{per = \"{per}\", half = \"up\", to = \"fen\"}}\nsource = \"a notice\"\nconfidence = \"illustrative\"\nterms = [{terms}]\n"
    )
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn bill(fen: i64) -> Bill {
    let on = day("2020-03-01");
    let none = Fen(0);
    Bill {
        category: 0,
        kind: 0,
        level: 0,
        admitted: on,
        discharged: on,
        total: Fen(fen),
        own_pay: none,
        over_limit: none,
        first_pay: none,
    }
}

/// What the first layer pays of bills that follow one another.
fn pays(policy: &Policy, bills: &[Bill]) -> Vec<i64> {
    let mut account = Account::default();
    bills.iter().map(|bill| policy.table.settle(&mut account, bill).pay[0].0).collect()
}

#[test]
fn the_shipped_policies_say_what_they_are() {
    let check = |name: &str, on: &str, layers: &[&str]| {
        let policy = kept(name);
        let payers: Vec<&str> = (0..policy.layers.len()).map(|layer| policy.payer(layer).id.as_str()).collect();
        assert_eq!(payers, layers, "{name}");
        assert!(policy.holds_on(day(on)), "{name} on {on}");
        assert_eq!(policy.standing, Standing::Illustrative);
        assert!((0..layers.len()).all(|layer| policy.is_illustrative(layer)));
        assert_eq!(policy.beside[0].named.id, "accident");
        assert!(policy.examples.len() >= 2);
    };
    let five = ["basic", "serious-illness", "institution", "assistance", "supplement"];
    check("illustrative-2018", "2018-12-31", &five);
    check("illustrative-2020", "2019-01-01", &[&five[..], &["re-assistance"]].concat());
    assert!(!kept("illustrative-2018").holds_on(day("2019-01-01")));
}

#[test]
fn an_example_that_does_not_come_out_is_told() {
    let mut policy = kept("illustrative-2020");
    let mut example = policy.examples[0].clone();
    assert_eq!(policy.fault_of(&example), None);
    example.expect[0].pays[1] = Fen(58_501);
    let told = policy.fault_of(&example).unwrap();
    assert_eq!(told, "bill 1: `serious-illness` is 585.00, not 585.01");
    example.expect.clear();
    assert_eq!(policy.fault_of(&example).unwrap(), "1 bills are in force, not 0");
    example.rows.push(policy::ExampleRow::Cancel(7));
    policy.examples = vec![example];
    assert_eq!(policy.fault_of(&policy.examples[0]).unwrap(), "row 2 is refused");
}

#[test]
fn a_layer_rounds_once_or_slice_by_slice() {
    let bands = "{bands = [{from = \"0.00\", to = \"0.01\", ratio = \"50%\"}, {from = \"0.01\", to = \"0.02\", ratio = \"50%\"}, {from = \"0.02\", ratio = \"25%\"}]}";
    let check = |per: &str, fen: i64, expected: i64| {
        let text = layer("one", "in-scope", per, bands).replace("accumulator = \"one\"\n", "");
        assert_eq!(pays(&policy_of(&text), &[bill(fen)]), [expected], "{per} of {fen} fen");
    };
    // Half a fen of each of the first two bands, a quarter of what is above.
    check("layer", 1, 1);
    check("slice", 1, 1);
    check("layer", 2, 1);
    check("slice", 2, 2);
    check("layer", 3, 1);
    check("slice", 3, 2);
    check("layer", 4, 2);
    check("slice", 4, 3);
    check("layer", 0, 0);
}

#[test]
fn what_accumulates_is_rounded_as_a_sum() {
    let text =
        layer("one", "in-scope", "layer", "{ratio = \"10%\", kind = [\"out\"]}, {ratio = \"0%\", kind = [\"in\"]}")
            .replace("accumulator = \"one\"\n", "")
            + &layer("two", "accumulated-remainder", "layer", "{ratio = \"50%\"}");
    let policy = policy_of(&text);
    let mut account = Account::default();
    let second = |account: &mut Account, fen| policy.table.settle(account, &bill(fen)).pay[1].0;
    // 0.5, 1, 1.5 and 2 fen are due on the sums: rounded 1, 1, 2, 2.
    let paid: Vec<i64> = (0..4).map(|_| second(&mut account, 1)).collect();
    assert_eq!(paid, [1, 0, 1, 0]);
}

#[test]
fn deductibles_follow_the_admissions() {
    let terms = "{kind = [\"in\"], deductible = {1 = \"1.00\", 2 = \"2.00\", 3 = \"0.05\"}, admissions = [\"100%\", \"50%\", \"0%\"], ratio = \"100%\"}, {kind = [\"out\"], deductible = \"1.00\", ratio = \"100%\"}";
    let policy = policy_of(&layer("one", "in-scope", "layer", terms).replace("accumulator = \"one\"\n", ""));
    let out = Bill { kind: 1, ..bill(300) };
    let check = |level: u8, expected: &[i64]| {
        let stay = Bill { level, ..bill(300) };
        assert_eq!(pays(&policy, &[stay, out, stay, out, stay, stay]), expected, "level {}", level + 1);
    };
    check(0, &[200, 200, 250, 200, 300, 300]);
    check(1, &[100, 200, 200, 200, 300, 300]);
    // Half of five fen is two and a half: three.
    check(2, &[295, 200, 297, 200, 300, 300]);
    // Never more than the bill.
    assert_eq!(pays(&policy, &[bill(70)]), [0]);
}

#[test]
fn caps_of_a_bill_and_of_a_year() {
    let terms = "{category = [\"a\"], ratio = \"100%\", event_cap = \"5.00\", year_cap = \"12.00\"}, {category = [\"b\"], ratio = \"100%\", year_cap = \"6.00\"}";
    let policy = policy_of(&layer("one", "in-scope", "layer", terms));
    assert_eq!(pays(&policy, &[bill(700), bill(400), bill(400), bill(400)]), [500, 400, 300, 0]);
    // The year is the person's: who becomes `b` with less left gets what is left of its cap, or nothing.
    let other = Bill { category: 1, ..bill(400) };
    assert_eq!(pays(&policy, &[bill(400), other, other]), [400, 200, 0]);
    assert_eq!(pays(&policy, &[bill(500), bill(500), other]), [500, 500, 0]);
    let accumulating = layer("one", "in-scope", "layer", "{ratio = \"0%\", year_cap = \"1.00\"}")
        + &layer(
            "two",
            "accumulated-remainder",
            "layer",
            "{deductible = \"1.00\", ratio = \"50%\", year_cap = \"3.00\", event_cap = \"2.00\"}",
        );
    let policy = policy_of(&accumulating);
    let mut account = Account::default();
    let paid: Vec<i64> =
        [100, 200, 500, 500].map(|fen| policy.table.settle(&mut account, &bill(fen)).pay[1].0).to_vec();
    assert_eq!(paid, [0, 100, 200, 0]);
}

#[test]
fn a_sum_is_the_person_s_whatever_the_category() {
    let text = layer("one", "in-scope", "layer", "{ratio = \"0%\", year_cap = \"1.00\"}")
        + &layer(
            "two",
            "accumulated-remainder",
            "layer",
            "{kind = [\"in\"], category = [\"b\"], deductible = \"5.00\", ratio = \"50%\"}",
        );
    let policy = policy_of(&text);
    let check = |bills: &[Bill], expected: &[i64]| {
        let mut account = Account::default();
        let paid: Vec<i64> = bills.iter().map(|bill| policy.table.settle(&mut account, bill).pay[1].0).collect();
        assert_eq!(paid, expected);
    };
    let poor = Bill { category: 1, ..bill(400) };
    check(&[poor, poor], &[0, 150]);
    // 4.00 came before the person was in the category: nothing is paid for it, but it counts.
    check(&[bill(400), poor], &[0, 150]);
    // A kind of care that the layer does not know does not count.
    check(&[Bill { kind: 1, ..poor }, poor], &[0, 0]);
}

#[test]
fn care_that_a_layer_does_not_know_leaves_nothing_behind() {
    let policy = kept("illustrative-2020");
    let poor = policy.category("registered-poor").unwrap();
    let stay = Bill { category: poor, ..bill(2_000_000) };
    let visit = Bill { kind: policy.kind("outpatient").unwrap(), ..stay };
    let (mut alone, mut after) = (Account::default(), Account::default());
    policy.table.settle(&mut after, &visit);
    assert_eq!(policy.table.settle(&mut after, &stay), policy.table.settle(&mut alone, &stay));
}

#[test]
fn a_cancelled_bill_is_as_if_it_had_not_been() {
    let policy = kept("illustrative-2020");
    let mut person = Person::default();
    let poor = policy.category("registered-poor").unwrap();
    let on = |date: &str, fen: i64| {
        let on = day(date);
        Bill { category: poor, level: 1, admitted: on, discharged: on, ..bill(fen) }
    };
    let (first, _) = person.settle(&policy.table, 3, on("2020-03-01", 2_000_000)).unwrap();
    person.settle(&policy.table, 5, on("2020-04-01", 0)).unwrap();
    let (third, _) = person.settle(&policy.table, 6, on("2020-05-01", 2_000_000)).unwrap();
    let (next_year, _) = person.settle(&policy.table, 8, on("2021-01-01", 2_000_000)).unwrap();
    assert_eq!(next_year.slip, first.slip);
    let early = person.clone().settle(&policy.table, 9, on("2020-12-31", 1)).unwrap_err();
    assert_eq!(early, account::OutOfOrder(day("2021-01-01")));
    assert_eq!(person.cancel(&policy.table, 4), Err(NoCancel));
    let cancelled = person.cancel(&policy.table, 3).unwrap();
    assert_eq!((cancelled.was, cancelled.before), (first, Account::default()));
    // The bill of nothing stays as it was; the third becomes the second admission, half the deductible.
    let changed: Vec<u64> = cancelled.changed.iter().map(|(settled, _)| settled.line).collect();
    assert_eq!(changed, [6]);
    assert!(cancelled.changed[0].0.slip.pay[0] < third.slip.pay[0]);
    assert_eq!(cancelled.changed[0].1.admissions, 1);
    assert_eq!(person.cancel(&policy.table, 3), Err(NoCancel));
    assert_eq!(person.in_force().map(|settled| settled.line).collect::<Vec<_>>(), [5, 6, 8]);
    // With nothing of 2021 in force, 2020 is open again.
    person.cancel(&policy.table, 8).unwrap();
    assert!(person.settle(&policy.table, 10, on("2020-12-31", 1)).is_ok());
}

#[test]
fn words_tell_what_was_reckoned() {
    let policy = kept("illustrative-2020");
    let example = policy.examples[0].rows.first().unwrap();
    let policy::ExampleRow::Bill(bill) = example else { panic!("a bill") };
    let told = |lang: Lang| {
        let mut account = Account::default();
        let mut all = Vec::new();
        policy.table.settle_telling(&mut account, bill, |layer, step| {
            let (mut reason, mut full) = (String::new(), String::new());
            why(&policy, layer, bill, step, lang, &mut reason);
            arithmetic(&policy, layer, bill, step, lang, &mut full);
            all.push((reason, full));
        });
        all
    };
    let (zh, en) = (told(Lang::Zh), told(Lang::En));
    assert_eq!(zh[0].0, "起付线 500.00 元以上部分按 70% 支付（示例参数，未经本地核实）");
    assert_eq!(en[0].0, "deductible 500.00, above it 70% (illustrative figures, not confirmed here)");
    assert_eq!(
        zh[0].1,
        "政策范围内费用 20000.00 − 1000.00 − 0.00 − 500.00 = 18500.00；起付线 500.00（第 1 次住院），18500.00 − 500.00 = 18000.00；18000.00 × 70% = 12600.00，四舍五入到分 12600.00；年度封顶 150000.00，此前已付 0.00；支付 12600.00，余 5900.00。依据：示例：山东各市常见数值，未查到本市文件"
    );
    assert!(zh[1].0.starts_with("本年累计 5900.00 元，起付线 5000.00 元以上部分分段按比例支付"), "{}", zh[1].0);
    assert!(
        en[1].1.contains("900.00 × 65% = 585.00, rounded half up to fen 585.00; due 585.00 − 0.00 = 585.00"),
        "{}",
        en[1].1
    );
    assert!(zh[5].0.starts_with("本年累计 287.01 元，未超过起付线 5000.00 元"), "{}", zh[5].0);
    assert!(en.iter().all(|(reason, full)| reason.is_ascii() || full.contains('−')));
}

#[test]
fn amounts_are_written_as_money_writes_them() {
    for fen in [0, 1, 5, 10, 99, 100, 101, 12_345, -1, -100, -12_345, i64::MAX, i64::MIN] {
        let mut text = String::new();
        write_fen(Fen(fen), &mut text);
        assert_eq!(text, Fen(fen).to_string());
    }
}

#[test]
fn portions_are_exact() {
    let random = SeededEntropy::new(2020);
    for _ in 0..100_000 {
        let (amount, ratio) =
            ((random.u64() >> random.below(60)) as i64 & i64::MAX, random.below(PARTS as u64 + 1) as i64);
        let (fen, parts) = portion(amount, ratio);
        let exact = i128::from(amount) * i128::from(ratio);
        assert_eq!(i128::from(fen) * i128::from(PARTS) + i128::from(parts), exact, "{amount} × {ratio}");
        assert!((0..PARTS).contains(&parts));
    }
}

/// Bills of one person in order, with amounts that are often nothing, small or huge.
fn bills(policy: &Policy, random: &SeededEntropy) -> Vec<Bill> {
    let mut on = day("2020-01-01");
    let mut all = Vec::new();
    for _ in 0..1 + random.below(12) {
        on = on.plus(i32::try_from(random.below(60)).unwrap());
        let most = [1, 100, 100_000, 5_000_000, 100_000_000, MOST_AMOUNT.0 as u64 + 1];
        let total = random.below(*random.pick(&most)) as i64;
        let part =
            |share: u64| Fen(if random.below(3) == 0 { random.below(total as u64 / share + 1) as i64 } else { 0 });
        all.push(Bill {
            category: random.below(policy.categories.len() as u64) as u8,
            kind: if random.below(4) == 0 { random.below(policy.kinds.len() as u64) as u8 } else { 0 },
            level: random.below(LEVELS as u64) as u8,
            admitted: on,
            discharged: on,
            total: Fen(total),
            own_pay: part(2),
            over_limit: part(4),
            first_pay: part(4),
        });
    }
    all
}

#[test]
fn nothing_is_lost_and_no_layer_exceeds_its_base_or_cap() {
    for policy in [kept("illustrative-2018"), kept("illustrative-2020")] {
        for seed in 0..5_000 {
            let random = SeededEntropy::new(seed);
            let mut person = Person::default();
            for (line, bill) in (1..).zip(bills(&policy, &random)) {
                let mut caps = Vec::new();
                let before = person.clone();
                let (settled, account) = person.settle(&policy.table, line, bill).unwrap();
                policy.table.settle_telling(&mut account.clone(), &bill, |_, step| {
                    caps.push((step.base, step.terms.event_cap, step.terms.year_cap, step.before.pay, step.pay));
                });
                let layers: i64 = settled.slip.pay.iter().map(|pay| pay.0).sum();
                assert_eq!(layers + settled.slip.personal.0, bill.total.0, "seed {seed}, bill {line}");
                assert!(settled.slip.personal >= bill.out_of_scope(), "seed {seed}, bill {line}");
                for (base, event, year, paid, pay) in caps {
                    assert!((0..=base).contains(&pay) && pay <= event, "seed {seed}, bill {line}");
                    assert!(pay == 0 || paid + pay <= year, "seed {seed}, bill {line}");
                }
                // Cancelled at once, it has not been; settled again, it comes to the same.
                let mut again = person.clone();
                let cancelled = again.cancel(&policy.table, line).unwrap();
                assert_eq!((cancelled.was, cancelled.changed.len()), (settled, 0), "seed {seed}, bill {line}");
                assert!(again.in_force().eq(before.in_force()));
                assert_eq!(again.settle(&policy.table, line, bill).unwrap(), (settled, account));
                assert_eq!(again, person);
            }
        }
    }
}

#[test]
fn the_order_of_bills_matters_only_as_the_policy_says() {
    let policy = kept("illustrative-2020");
    let poor = policy.category("registered-poor").unwrap();
    for seed in 0..5_000 {
        let random = SeededEntropy::new(seed);
        let on = day("2020-06-01");
        let alike = |bill: Bill| Bill { category: poor, admitted: on, discharged: on, ..bill };
        let mut forth: Vec<Bill> = bills(&policy, &random).into_iter().map(alike).collect();
        // Other people's bills in between change nothing.
        let settle = |bills: &[Bill]| {
            let (mut account, mut other) = (Account::default(), Account::default());
            let slips: Vec<Slip> = bills
                .iter()
                .map(|bill| {
                    policy.table.settle(&mut other, bill);
                    policy.table.settle(&mut other, bill);
                    policy.table.settle(&mut account, bill)
                })
                .collect();
            (account, slips)
        };
        let (account, slips) = settle(&forth);
        let (mut alone, mut same) = (Account::default(), Vec::new());
        same.extend(forth.iter().map(|bill| policy.table.settle(&mut alone, bill)));
        assert_eq!((alone, same), (account, slips), "seed {seed}");
        // Bills of care that is no admission and meets no cap: the first layer does not look at the order.
        forth.retain(|bill| bill.kind == 1 && bill.in_scope().0 < 50_000);
        let mut back = forth.clone();
        back.reverse();
        let ((_, there), (_, mut here)) = (settle(&forth), settle(&back));
        here.reverse();
        assert!(there.iter().zip(&here).all(|(one, two)| one.pay[0] == two.pay[0]), "seed {seed}");
        // What accumulates comes to the same sum in any order.
        let total = |slips: &[Slip]| slips.iter().map(|slip| slip.pay[1].0).sum::<i64>();
        assert_eq!(total(&there), total(&here), "seed {seed}");
    }
}
