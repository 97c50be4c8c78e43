//! What a bill comes to for a person: by the policy of the day of discharge, the category of the day of admission as the
//! register has it, and the account of the year. Nothing is written here.

use super::pay::Link;
use crate::catalog::{Catalog, Payee, Settles};
use crate::image::Image;
use crate::image::case::CaseHead;
use crate::image::fact::Value;
use crate::problem;
use crate::row::SubjectId;
use crate::settlement::policy::Standing;
use crate::settlement::{Account, Bill, BillFault, Kept, MOST_AMOUNT, Policy, Slip, Told, book};
use std::collections::BTreeMap;
use std::sync::Arc;
use yizhan_kit::{Day, Fen, Problem};

/// A bill as a desk hands it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The kind of care, by its name in the policy.
    pub kind: String,
    /// The hospital's level, where no hospital of the register is named.
    pub level: Option<u8>,
    /// The first day.
    pub admitted: Day,
    /// The last.
    pub discharged: Day,
    /// Everything.
    pub total: Fen,
    /// 全自费, 超限价自费, 先行自付.
    pub out: [Fen; 3],
}

/// What a bill comes to.
pub struct Reckoned {
    /// By which policy.
    pub policy: Arc<Policy>,
    /// The bill in its places.
    pub bill: Bill,
    /// The account before it.
    pub before: Account,
    /// The amounts.
    pub slip: Slip,
    /// The same as a fact keeps it.
    pub kept: Kept,
}

/// Who a bill is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct About {
    /// The person.
    pub person: SubjectId,
    /// The hospital of the register.
    pub clinic: Option<SubjectId>,
}

/// A transfer that a settlement gives rise to, with its payer's place in the policy; none for the person's part.
pub struct Linked {
    /// Between whom, by which rule.
    pub link: Link,
    /// The layer.
    pub payer: Option<usize>,
    /// How much.
    pub amount: Fen,
}

/// A bill that comes to something else now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Its case.
    pub case: SubjectId,
    /// What it came to.
    pub was: Kept,
    /// What it comes to.
    pub now: Kept,
}

/// Who the bill of a case is about.
pub fn about(image: &Image, case: &CaseHead, settles: &Settles) -> Result<About, Problem> {
    let named = |attribute: &str| match image.latest(case.subject, attribute) {
        Some(Value::Subject(subject)) => Some(subject),
        _ => None,
    };
    let clinic = settles.clinic.as_deref().and_then(named);
    let missing = settles.payee == Payee::Clinic && clinic.is_none();
    match named(&settles.person).filter(|_| !missing) {
        Some(person) => Ok(About { person, clinic }),
        None => Err(problem::DUTY_OPEN.problem("还没有登记患者或医院。", "Patient or hospital is not recorded.")),
    }
}

/// The policy that settles bills of a day: one that the district adopted before one that is illustrative, the latest of them.
pub fn policy_on(catalog: &Catalog, day: Day) -> Result<&Arc<Policy>, Problem> {
    let found = catalog.policies.values().filter(|policy| policy.holds_on(day));
    found.max_by_key(|policy| (policy.standing == Standing::Adopted, policy.from)).ok_or_else(|| {
        problem::NO_POLICY
            .problem(format!("{day} 没有生效的结算政策。"), format!("No policy of settlement is in force on {day}."))
    })
}

/// The policy of a slip, as the catalog has it now.
pub fn policy_of(image: &Image, kept: &Kept) -> Result<Arc<Policy>, Problem> {
    image.policy(&kept.policy).cloned().ok_or_else(|| {
        problem::NO_POLICY
            .problem(format!("目录里没有政策 {}。", kept.policy), format!("No catalog has the policy {}.", kept.policy))
    })
}

/// The category of a person on a day, by what the register says: the first special one that fits, else the general one.
pub fn category(image: &Image, policy: &Policy, person: SubjectId, day: Day) -> u8 {
    let holds = |told: &Told| {
        let Some(attribute) = image.attribute(&told.attribute) else { return false };
        let subject = match image.kind(person) {
            Some(kind) if **kind == *attribute.subject => Some(person),
            Some(kind) => {
                let lies_in = image.catalog().and_then(|catalog| catalog.subjects.get(&**kind)?.lies_in.as_deref());
                match lies_in.and_then(|name| image.fact(person, name, day)) {
                    Some(Value::Subject(home)) => Some(home),
                    _ => None,
                }
            }
            None => None,
        };
        let text = subject.and_then(|subject| image.fact(subject, &told.attribute, day)?.text(attribute));
        text.is_some_and(|text| told.is.contains(&text))
    };
    let special = policy.told.iter().position(|told| !told.is_empty() && told.iter().all(holds));
    special.and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
}

/// What a bill comes to.
pub fn reckon(image: &Image, about: &About, asked: &Asked) -> Result<Reckoned, Problem> {
    let catalog = image.catalog().expect("a zone with cases has a catalog");
    let policy = policy_on(catalog, asked.discharged)?.clone();
    let kind = policy.kind(&asked.kind).ok_or_else(|| {
        problem::FORM_INVALID.problem(
            format!("政策没有就医类别 {}。", asked.kind),
            format!("The policy has no kind of care {:?}.", asked.kind),
        )
    })?;
    let level = match about.clinic {
        Some(clinic) => level_of(image, clinic),
        None => asked.level,
    };
    let level = level.filter(|level| (1..=3).contains(level)).ok_or_else(|| {
        problem::FORM_INVALID.problem("没有登记医院等级。", "The level of the hospital is not recorded.")
    })?;
    let [own_pay, over_limit, first_pay] = asked.out;
    let bill = Bill {
        category: category(image, &policy, about.person, asked.admitted),
        kind,
        level: level - 1,
        admitted: asked.admitted,
        discharged: asked.discharged,
        total: asked.total,
        own_pay,
        over_limit,
        first_pay,
    };
    let amounts = [asked.total, own_pay, over_limit, first_pay];
    if amounts.iter().any(|amount| amount.0 < 0 || *amount > MOST_AMOUNT) {
        return Err(problem::FORM_INVALID.problem("金额有误。", "An amount is wrong."));
    }
    bill.check().map_err(faulty)?;
    let year = image.book.year(about.person, bill.year());
    let before = book::account(&policy, year);
    let slip = policy.table.settle(&mut before.clone(), &bill);
    let kept = kept(&policy, about, &bill, &slip);
    Ok(Reckoned { policy, bill, before, slip, kept })
}

fn faulty(fault: BillFault) -> Problem {
    let (zh, en) = match fault {
        BillFault::BadDate => ("入院晚于出院。", "Admitted after the discharge."),
        BillFault::BadLevel => ("医院等级有误。", "A wrong level."),
        BillFault::ExceedsTotal => {
            ("全自费、超限价、先行自付之和超过总额。", "The parts out of scope are more than the whole.")
        }
    };
    problem::FORM_INVALID.problem(zh, en)
}

fn level_of(image: &Image, clinic: SubjectId) -> Option<u8> {
    let kind = image.kind(clinic)?;
    match image.latest(clinic, &format!("{kind}.level"))? {
        Value::Text(code) => code.parse().ok(),
        _ => None,
    }
}

fn kept(policy: &Policy, about: &About, bill: &Bill, slip: &Slip) -> Kept {
    Kept {
        policy: policy.name.clone(),
        person: about.person.0,
        clinic: about.clinic.map(|clinic| clinic.0),
        category: policy.categories[usize::from(bill.category)].id.clone(),
        kind: policy.kinds[usize::from(bill.kind)].named.id.clone(),
        level: bill.level + 1,
        admitted: bill.admitted,
        discharged: bill.discharged,
        total_fen: bill.total.0,
        out_fen: [bill.own_pay.0, bill.over_limit.0, bill.first_pay.0],
        pays_fen: slip.pay[..policy.table.layers()].iter().map(|pay| pay.0).collect(),
        personal_fen: slip.personal.0,
    }
}

/// The transfers of a slip: of each payer that does not waive, and of the person where the hospital asked for no deposit.
pub fn links(image: &Image, settles: &Settles, policy: &Policy, kept: &Kept) -> Result<Vec<Linked>, Problem> {
    let person = SubjectId(kept.person);
    let payee = match (settles.payee, kept.clinic) {
        (Payee::Clinic, Some(clinic)) => SubjectId(clinic),
        _ => person,
    };
    let mut links = Vec::new();
    let link =
        |from, to, payer: &str| Link { fund: settles.fund.clone(), rule: format!("{}/{payer}", policy.name), from, to };
    for layer in 0..policy.layers.len() {
        let (payer, amount) = (&policy.payer(layer).id, kept.pay(layer));
        if amount.0 == 0 || settles.waives.contains(payer) {
            continue;
        }
        let from = payer_of(image, &settles.payers, payer).ok_or_else(|| {
            problem::NO_PAYER
                .problem(format!("没有登记支付方 {payer}。"), format!("The payer {payer} is not on the register."))
        })?;
        links.push(Linked { link: link(from, payee, payer), payer: Some(layer), amount });
    }
    if payee != person && kept.personal_fen > 0 {
        links.push(Linked { link: link(person, payee, "personal"), payer: None, amount: Fen(kept.personal_fen) });
    }
    Ok(links)
}

/// The account that pays for a payer of policies.
pub fn payer_of(image: &Image, attribute: &str, payer: &str) -> Option<SubjectId> {
    let kind = &image.attribute(attribute)?.subject;
    let is =
        |subject: &SubjectId| matches!(image.latest(*subject, attribute), Some(Value::Text(text)) if *text == *payer);
    image.subjects_of(kind).find(is)
}

/// The bills of a person's year that come to something else by what the register says now of their days of admission.
pub fn again(image: &Image, person: SubjectId, year: i32) -> Result<Vec<Change>, Problem> {
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    let mut changes = Vec::new();
    for entry in image.book.year(person, year) {
        let was = &*entry.kept;
        let policy = policy_of(image, was)?;
        let Some(bill) = was.bill(&policy) else { continue };
        let bill = Bill { category: category(image, &policy, person, bill.admitted), ..bill };
        let slip = policy.table.settle(accounts.entry(&was.policy).or_default(), &bill);
        let now = kept(&policy, &About { person, clinic: was.clinic.map(SubjectId) }, &bill, &slip);
        if now != *was {
            changes.push(Change { case: entry.case, was: was.clone(), now });
        }
    }
    Ok(changes)
}
