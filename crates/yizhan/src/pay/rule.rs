//! Pure law of paying: periods, shares to the fen.

use std::sync::Arc;
use yizhan_core::catalog::{Catalog, Per, Service};
use yizhan_kit::{Day, Fen};

/// The days of a period as it is written: `2021-03`, `2021-Q1`, `2021-H1`, `2021`; nothing of what is none. What comes once
/// has no period but the year in which it is paid.
pub fn period(per: Per, text: &str) -> Option<(Day, Day)> {
    let (year, part) = text.split_once('-').unwrap_or((text, ""));
    if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part_of =
        |prefix: &str, most: u32| part.strip_prefix(prefix)?.parse::<u32>().ok().filter(|n| (1..=most).contains(n));
    let (first, months) = match per {
        Per::Month if part.len() == 2 => (part_of("", 12)?, 1),
        Per::Quarter => (part_of("Q", 4)? * 3 - 2, 3),
        Per::Semester => (part_of("H", 2)? * 6 - 5, 6),
        Per::Year | Per::Once if part.is_empty() => (1, 12),
        _ => return None,
    };
    let begin: Day = format!("{year}-{first:02}-01").parse().ok()?;
    let after = first + months;
    let next = if after > 12 {
        format!("{:04}-01-01", year.parse::<u32>().ok()? + 1)
    } else {
        format!("{year}-{after:02}-01")
    };
    Some((begin, next.parse::<Day>().ok()?))
}

/// The days of a period of any kind.
pub fn days_of(text: &str) -> Option<(Day, Day)> {
    [Per::Month, Per::Quarter, Per::Semester, Per::Year].into_iter().find_map(|per| period(per, text))
}

/// How a period is written.
pub fn written(per: Per) -> &'static str {
    match per {
        Per::Month => "2021-03",
        Per::Quarter => "2021-Q1",
        Per::Semester => "2021-H1",
        Per::Year | Per::Once => "2021",
    }
}

/// The service that alone pays a programme, where a case that may choose its programme cannot: only the other says whose
/// money it is, or what is divided. What was paid before may be brought in of any programme.
pub fn paid_by<'a>(catalog: &'a Catalog, programme: &str, asked: &Service) -> Option<&'a Arc<Service>> {
    let chooses = asked.batch.as_ref().is_some_and(|batch| batch.programme != programme && batch.given.is_none());
    let pays = |one: &&Arc<Service>| one.batch.as_ref().is_some_and(|batch| batch.programme == programme);
    catalog.services.values().find(pays).filter(|_| chooses)
}

/// Divides a total by weights, to the fen: nothing is left over. Whoever's amount was set by hand keeps it. Nothing when
/// what was set by hand is more than there is, or there is nobody for the rest.
pub fn shares(total: Fen, weights: &[i64], by_hand: &[Option<Fen>]) -> Option<Vec<Fen>> {
    let set = Fen::checked_sum(by_hand.iter().flatten().copied())?;
    let rest = total.checked_sub(set).filter(|rest| *rest >= Fen(0))?;
    let free: Vec<u64> = weights
        .iter()
        .zip(by_hand)
        .filter(|(_, set)| set.is_none())
        .map(|(weight, _)| u64::try_from(*weight).unwrap_or(0))
        .collect();
    if rest > Fen(0) && free.iter().all(|weight| *weight == 0) {
        return None;
    }
    let mut split = if free.is_empty() { Vec::new() } else { rest.split(&free) }.into_iter();
    Some(by_hand.iter().map(|set| set.unwrap_or_else(|| split.next().unwrap_or_default())).collect())
}
