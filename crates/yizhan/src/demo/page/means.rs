//! What the poor households live on: how far the income of each lies below the standard, so that what the rule pays them month by
//! month in the last year comes to the sum of the targets.

use super::families::{Livelihood, Roof, day};
use super::school::parameter;
use super::targets::Targets;
use crate::demo::Maker;
use yizhan_kit::Fen;

/// What is paid to a household: each month for each head, and for how many months of the year.
#[derive(Clone, Copy)]
pub(super) struct TopUp {
    pub monthly: Fen,
    pub months: i64,
}

/// For each household that receives the subsistence allowance, what it is paid.
///
/// # Errors
/// When no incomes come to the sum.
pub(super) fn plan(maker: &Maker<'_>, targets: &Targets, roofs: &[Roof]) -> Result<Vec<Option<TopUp>>, String> {
    let total = targets.money("F073")?;
    let standard = parameter(maker.catalog, "rural-subsistence-standard", day(2020, 12, 31))?;
    let heads = |roof: &Roof| i64::try_from(roof.kin.len()).unwrap_or(1);
    let poor: Vec<usize> = (0..roofs.len()).filter(|n| roofs[*n].livelihood == Livelihood::Subsistence).collect();
    let people: i64 = poor.iter().map(|n| heads(&roofs[*n])).sum();
    let mut plan = vec![None; roofs.len()];
    if people == 0 {
        return if total == Fen(0) { Ok(plan) } else { Err("F072, F073: paid to nobody".into()) };
    }
    let most = standard.0 / 12;
    let mean = total.0 / (12 * people);
    let refused = || format!("F072, F073: {total} for {people} people do not lie under the standard of {standard}");
    if mean <= 0 || mean >= most {
        return Err(refused());
    }
    let alone: Vec<usize> = poor.iter().copied().filter(|n| heads(&roofs[*n]) == 1).take(2).collect();
    let [first, second] = alone.as_slice() else { return Err("F072: too few who live alone".into()) };
    let (first, second) = (*first, *second);
    // By as much above the mean as below, two heads by two.
    let room = mean.min(most - mean) * 6 / 10;
    let mut balance = 0_i64;
    let mut left = total.0;
    for n in poor.iter().copied().filter(|n| *n != first && *n != second) {
        let own = heads(&roofs[n]);
        let away = i64::try_from(maker.below(usize::try_from(room).unwrap_or(0) + 1)).unwrap_or(0);
        let away = if balance > 0 { -(away.min(balance / own)) } else { away };
        balance += away * own;
        let monthly = mean + away;
        left -= 12 * monthly * own;
        plan[n] = Some(TopUp { monthly: Fen(monthly), months: 12 });
    }
    // What is left over for the two is brought near what two of the mean come to, a head and a fen a month at a time.
    for n in poor.iter().copied().filter(|n| *n != first && *n != second).cycle().take(poor.len() * 60) {
        let (own, far) = (heads(&roofs[n]), left - 23 * mean);
        let step = (far / (12 * own)).clamp(-mean / 20, mean / 20);
        let Some(top) = &mut plan[n] else { continue };
        let moved = (top.monthly.0 + step).clamp(most / 50, most - 1);
        left -= 12 * own * (moved - top.monthly.0);
        top.monthly = Fen(moved);
    }
    // One of them receives it for eleven months.
    let found = (1..most).flat_map(|away| [mean - away, mean + away]).chain([mean]).find_map(|short| {
        let rest = left - 11 * short;
        let fits = rest % 12 == 0 && (1..most).contains(&(rest / 12)) && (1..most).contains(&short);
        fits.then_some((short, rest / 12))
    });
    let (short, long) = found.ok_or_else(refused)?;
    plan[first] = Some(TopUp { monthly: Fen(long), months: 12 });
    plan[second] = Some(TopUp { monthly: Fen(short), months: 11 });
    Ok(plan)
}
