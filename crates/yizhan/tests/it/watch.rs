//! What is unusual among payments: planted by several seeds, found, and hardly anything else with it.

use std::collections::BTreeSet;
use yizhan::pay::watch::{Limits, Payment, What, unusual};
use yizhan_kit::id::SeededEntropy;
use yizhan_kit::{Day, Digest16, Fen};

const LIMITS: Limits = Limits { threshold: Fen(500_000), households: 2 };

/// How many of each kind are planted.
const PLANTED: usize = 5;

/// Two years of ordinary payments: allowances month by month, shares of asset income, subsidies once.
fn ordinary(chance: &SeededEntropy) -> Vec<Payment> {
    let start: Day = "2019-01-01".parse().unwrap();
    let mut payments = Vec::new();
    let mut pay = |day: Day, case: u32, rule: &str, payee: u32, fen: i64| {
        payments.push(Payment {
            n: payments.len() as u64 + 1,
            day,
            case,
            rule: rule.into(),
            payee,
            // Couples share a household and an account.
            household: payee / 2,
            amount: Fen(fen),
            account: Some(Digest16([&(payee / 2).to_le_bytes()[..], &[7; 12]].concat().try_into().unwrap())),
            died: None,
        });
    };
    let weights: Vec<i64> = (0..300).map(|_| 8_000 + i64::try_from(chance.below(60_000)).unwrap()).collect();
    for month in 0..24 {
        let day = start.plus(month * 30 + 10);
        for payee in 0..300_u32 {
            pay(day, month.cast_unsigned(), "allowance", payee, 5_000);
        }
        if month % 12 == 5 {
            for payee in 0..300_u32 {
                pay(day, 1_000 + month.cast_unsigned(), "share", payee, weights[payee as usize] * 3 + i64::from(month));
            }
        }
    }
    for payee in 0..40_u32 {
        let day = start.plus(i32::try_from(chance.below(700)).unwrap());
        pay(day, 5_000 + payee, "house", payee, 1_000_000 + i64::try_from(chance.below(9)).unwrap() * 250_000);
    }
    payments
}

/// Plants what is unusual: the transfers that are to be found, by kind.
fn plant(payments: &mut Vec<Payment>, chance: &SeededEntropy) -> [BTreeSet<u64>; 4] {
    let mut planted: [BTreeSet<u64>; 4] = Default::default();
    let some = |most: usize| usize::try_from(chance.below(most as u64)).unwrap();
    for _ in 0..PLANTED {
        // One share of a village is a round sum.
        let shares: Vec<usize> = payments
            .iter()
            .enumerate()
            .filter(|(_, one)| one.rule == "share" && one.case == 1_005)
            .map(|(n, _)| n)
            .collect();
        let place = shares[some(shares.len())];
        payments[place].amount = Fen(30_000 * (1 + i64::try_from(chance.below(3)).unwrap()));
        planted[3].insert(payments[place].n);
        // Somebody dies, and is paid on.
        let payee = 100 + u32::try_from(some(190)).unwrap();
        let died = payments[0].day.plus(400 + i32::try_from(chance.below(60)).unwrap());
        for one in payments.iter_mut().filter(|one| one.payee == payee) {
            one.died = Some(died);
            if one.day > died {
                planted[2].insert(one.n);
            }
        }
        // One account collects for five households.
        let account = Digest16(std::array::from_fn(|_| u8::try_from(chance.below(256)).unwrap()));
        let first = u32::try_from(some(40)).unwrap() * 2;
        for one in payments.iter_mut().filter(|one| one.payee >= first && one.payee < first + 10) {
            one.account = Some(account);
        }
    }
    for n in 0..PLANTED {
        // A subsidy is paid in parts.
        let (payee, day) =
            (200 + u32::try_from(n).unwrap(), payments[0].day.plus(i32::try_from(chance.below(600)).unwrap()));
        for part in 0..3 {
            let number = payments.len() as u64 + 1;
            let like = payments[payee as usize].clone();
            payments.push(Payment {
                n: number,
                day: day.plus(part * 3),
                case: 9_000 + u32::try_from(n).unwrap(),
                rule: "repair".into(),
                amount: Fen(480_000 + i64::from(part)),
                died: None,
                ..like
            });
            planted[0].insert(number);
        }
    }
    let mut households = std::collections::BTreeMap::<[u8; 16], BTreeSet<u32>>::new();
    for one in payments.iter() {
        households.entry(one.account.unwrap().0).or_default().insert(one.household);
    }
    let shared = |one: &&Payment| households[&one.account.unwrap().0].len() > 2;
    planted[1] = payments.iter().filter(shared).map(|one| one.n).collect();
    planted
}

#[test]
fn what_was_planted_is_found_and_hardly_anything_else() {
    for seed in [1, 2, 3, 5, 8, 13] {
        let chance = SeededEntropy::new(seed);
        let mut payments = ordinary(&chance);
        let before = unusual(&payments, LIMITS);
        assert!(before.len() <= 1, "seed {seed}: alarms among ordinary payments: {before:?}");
        let planted = plant(&mut payments, &chance);
        let found = unusual(&payments, LIMITS);
        for (what, planted) in
            [What::Split, What::SharedAccount, What::AfterDeath, What::Round].into_iter().zip(&planted)
        {
            let named: BTreeSet<u64> =
                found.iter().filter(|one| one.what == what).flat_map(|one| one.transfers.iter().copied()).collect();
            let (hits, false_alarms) = (named.intersection(planted).count(), named.difference(planted).count());
            eprintln!("seed {seed}, {}: {hits} of {} found, {false_alarms} false alarms", what.as_str(), planted.len());
            assert_eq!(hits, planted.len(), "seed {seed}, {what:?}");
            assert!(false_alarms <= 1, "seed {seed}, {what:?}: {false_alarms} false alarms");
        }
    }
}
