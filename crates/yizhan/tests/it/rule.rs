//! Every rule of the catalog, compiled, against the `cel` crate's own interpreter: on a register with holes in it, for
//! every subject, verdicts and amounts are the same.

use yizhan::bench::people::{Register, put, register};
use yizhan_core::access::{Question, Verdict, Viewer, rules_of};
use yizhan_core::act::NewFact;
use yizhan_core::catalog::{Attribute, RuleKind, ValueKind};
use yizhan_core::row::SubjectId;
use yizhan_kit::Moment;
use yizhan_kit::id::SeededEntropy;

const ALL: [RuleKind; 6] =
    [RuleKind::Standard, RuleKind::Duty, RuleKind::Paper, RuleKind::Entitlement, RuleKind::Payment, RuleKind::Quality];

/// What projects leave behind, and who has to do with it.
const OF_ASSETS: [&str; 6] = ["project", "asset", "right", "contract", "enterprise", "collective"];

/// Adds some of each, somewhere; what else is known of them comes by chance.
fn settle(register: &mut Register, now: Moment) {
    let catalog = register.catalog.clone();
    let mut assets = Vec::new();
    for kind in OF_ASSETS {
        for n in 0..12 {
            let mut id = SubjectId(0);
            put(&mut register.image, &catalog, now, |_, effects| {
                id = effects.subject(kind);
                let lies_in = catalog.subjects[kind].lies_in.clone().unwrap();
                let asset = assets.get(n % 5).map(ToString::to_string);
                let value = asset.filter(|_| lies_in.ends_with(".asset")).unwrap_or("990100003205".to_owned());
                let (attribute, value, from) = (lies_in.as_str(), Some(value.as_str()), now.day().plus(-600));
                effects.fact(&NewFact { subject: id, attribute, value, from, to: None, source: "test" })
            })
            .unwrap();
            if kind == "asset" {
                assets.push(id);
            }
        }
    }
}

/// A value that an attribute may have, or nothing.
fn any_value(attribute: &Attribute, chance: &SeededEntropy, subjects: &[SubjectId]) -> Option<String> {
    if chance.below(4) == 0 {
        return None;
    }
    let days = |n: u64| yizhan_kit::Day(i32::try_from(n).unwrap() - 12_000).to_string();
    Some(match attribute.kind {
        ValueKind::Flag => (chance.below(2) == 0).to_string(),
        ValueKind::Int => chance.pick(&[0_i64, 1, 3, 13, 60, 2017, 2021]).to_string(),
        ValueKind::Decimal1 => format!("{}.{}", chance.below(600), chance.below(10)),
        ValueKind::Fen => format!("{}.{:02}", chance.below(40_000), chance.below(100)),
        ValueKind::Day => days(chance.below(31_000)),
        ValueKind::Code => {
            attribute.codes[usize::try_from(chance.below(attribute.codes.len() as u64)).unwrap()].0.clone()
        }
        ValueKind::Text => "字".to_owned(),
        ValueKind::Subject => chance.pick(subjects).to_string(),
        ValueKind::Region => return None,
    })
}

#[test]
fn compiled_rules_say_what_the_interpreter_says() {
    let now: Moment = "2021-02-01T12:00".parse().unwrap();
    let mut compared = 0;
    let mut seen_verdicts = std::collections::BTreeSet::new();
    for seed in 1..=2 {
        let mut register = register(140, now).unwrap();
        let catalog = register.catalog.clone();
        settle(&mut register, now);
        let chance = SeededEntropy::new(seed);
        let program = Viewer::program();
        let of_kind = |kind: &str| program.look(&register.image).subjects_of(kind).collect::<Vec<SubjectId>>();
        let kinds: Vec<(&str, Vec<SubjectId>)> = ["person", "household", "house", "water-point"]
            .iter()
            .chain(&OF_ASSETS)
            .map(|kind| (*kind, of_kind(kind)))
            .collect();
        let attributes: Vec<&Attribute> = catalog
            .attributes
            .values()
            .filter(|one| one.sealed.is_none() && one.computed.is_none() && !one.many)
            .filter(|one| kinds.iter().any(|(kind, _)| *kind == one.subject))
            .collect();
        // What names a school or an officer names nobody here.
        let known = |kind: &str| kinds.iter().find(|(known, _)| *known == kind).map(|(_, all)| all.as_slice());
        for _ in 0..5_000 {
            let attribute = *chance.pick(&attributes);
            let subjects = attribute.of.as_deref().and_then(known).unwrap_or(&[SubjectId(0)]);
            if attribute.kind == ValueKind::Region || attribute.of.as_deref().is_some_and(|of| known(of).is_none()) {
                continue;
            }
            let subject = *chance.pick(known(&attribute.subject).unwrap());
            let value = any_value(attribute, &chance, subjects);
            let from = now.day().plus(-i32::try_from(chance.below(500)).unwrap());
            put(&mut register.image, &catalog, now, |_, effects| {
                let value = value.as_deref();
                effects.fact(&NewFact { subject, attribute: &attribute.name, value, from, to: None, source: "test" })
            })
            .unwrap();
        }
        let seen = program.look(&register.image);
        let plain = seen.plain(&catalog, &ALL, now.day()).unwrap();
        let question = Question { day: now.day(), parameters: &catalog.parameters, lent: None };
        for (kind, subjects) in &kinds {
            let Some(book) = catalog.rules.books.get(*kind) else { continue };
            let (rules, wanted) = rules_of(book, &ALL, now.day());
            let mut ready = seen.judge_ready(book, &wanted, &question);
            for subject in subjects {
                let asked = plain.ask(kind, *subject);
                ready.one(*subject, |judged, _| {
                    for (rule, nodes) in &rules {
                        let (ours, theirs) = (judged.verdict(nodes, 0), plain.verdict(rule, &asked));
                        assert_eq!(ours, theirs, "{} of {kind} {subject}, seed {seed}", rule.name);
                        let amount = nodes.amount.and_then(|node| judged.number(node, 0));
                        assert_eq!(amount, plain.amount(rule, &asked), "what {} comes to, {kind} {subject}", rule.name);
                        seen_verdicts.insert((rule.name.clone(), ours));
                        compared += 1;
                    }
                });
            }
        }
    }
    assert!(compared > 20_000, "{compared} verdicts compared");
    let different = [Verdict::Yes, Verdict::No, Verdict::Unknown, Verdict::NotJudged];
    for verdict in different {
        let rules = seen_verdicts.iter().filter(|(_, seen)| *seen == verdict).count();
        assert!(rules > 20, "{verdict:?} of {rules} rules only");
    }
}
