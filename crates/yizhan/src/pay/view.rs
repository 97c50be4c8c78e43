//! What is shown of lines, accounts and transfers.

use super::frozen;
use super::lines::{self, Draft, Why};
use super::model::{
    AccountView, Adjust, FundView, HeldView, KeptLine, LineView, LinesView, MoneyView, ProgrammeRow, Statement,
    TransferView,
};
use crate::app::App;
use crate::case::act;
use crate::case::rule::words as either;
use crate::case::view::{area_name, given, words};
use crate::register;
use crate::register::model::GroundView;
use std::collections::{BTreeMap, HashMap};
use yizhan_core::access::{Role, Seen, Viewer};
use yizhan_core::catalog::{Asks, Catalog, Fund, Programme, Shown};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::ledger::{Balance, Phase, Transfer};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::rule::Ground;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// Transfers on one statement, at most.
const LISTED: usize = 500;

/// A name with all but its first character hidden.
pub fn masked(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_string() + &"*".repeat(chars.count().clamp(1, 3)),
        None => String::new(),
    }
}

/// Who somebody is, as the viewer may know: whole where identities are shown to them, else masked.
pub fn who(app: &App, seen: &Seen<'_>, subject: SubjectId, on: Day) -> String {
    if !matches!(seen.image().kind(subject).map(|kind| &**kind), Some("person" | "household")) {
        return party(app, seen.image(), subject, on);
    }
    let name = register::view::who(app, seen, subject, on);
    let shown = matches!(seen.viewer().role, Role::Officer(_) | Role::System);
    if shown { name } else { masked(&name) }
}

/// Who the other side of a contract, a right or a transfer is, to whoever sees that: a collective, an enterprise, an office
/// is named wherever it lies; a person or a household is not named by this.
pub fn party(app: &App, image: &Image, subject: SubjectId, on: Day) -> String {
    let program = Viewer::program();
    match image.kind(subject).map(|kind| &**kind) {
        None | Some("person" | "household" | "staff") => String::new(),
        Some(_) => register::view::who(app, &program.look(image), subject, on),
    }
}

/// The lines of a case, as proposed with adjustments, or as frozen with what became of each.
///
/// # Errors
/// `not-found`, `form-invalid`, the store's failure.
pub fn lines(app: &App, viewer: &Viewer, number: &str, adjust: &[Adjust], lang: Lang) -> Result<LinesView, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let case = seen.numbered(number)?;
    let (catalog, _) = act::catalog(&image)?;
    let program = Viewer::program();
    let all = program.look(&image);
    let given = given(app, &all, case)?;
    let asked = lines::asked(app, &image, catalog, case, &given)?;
    let payer = lines::payer(&all, &asked).ok();
    let today = app.now().day();
    let mut view = LinesView {
        programme: asked.programme.name.clone(),
        title: words(&asked.programme.title, lang).to_owned(),
        period: asked.period.clone(),
        fund: asked.programme.fund.clone(),
        fund_title: fund_title(catalog, &asked.programme.fund, lang),
        payer: payer.map(|payer| who(app, &all, payer, today)).unwrap_or_default(),
        free: payer.map(|payer| free(&all, catalog, &asked.programme.fund, payer)).unwrap_or_default(),
        state: String::new(),
        sum: String::new(),
        arrived: String::new(),
        failed: 0,
        counts_only: asked.programme.shown == Shown::Counts,
        lines: Vec::new(),
        held: Vec::new(),
    };
    let tell = Telling { app, seen: &seen, catalog, on: asked.on, lang };
    let kept = match frozen::frozen(app, &image, case)? {
        Some(kept) => {
            view.state = "frozen".into();
            view.lines = kept.iter().map(|line| tell.line(line, &[])).collect();
            kept
        }
        None => {
            let draft = lines::draft(app, &image, catalog, &asked)?;
            let kept = lines::adjusted(&draft, adjust)?;
            view.state = "proposed".into();
            view.lines = proposed(&tell, &draft, &kept);
            view.held = draft.held.iter().map(|held| tell.held(held.subject, held.why, &held.grounds)).collect();
            kept
        }
    };
    view.sum = lines::sum(&kept)?.to_string();
    settle(&seen, case, &mut view);
    Ok(view)
}

/// What a payer can give; nothing is said of one that may owe: a treasury grants what is asked of it.
fn free(all: &Seen<'_>, catalog: &Catalog, fund: &str, payer: SubjectId) -> String {
    let owes =
        |known: &Fund| all.image().kind(payer).is_some_and(|kind| known.may_owe.iter().any(|one| **one == **kind));
    if catalog.funds.get(fund).is_some_and(owes) {
        return String::new();
    }
    all.balance(fund, payer).unwrap_or_default().free().to_string()
}

/// The lines as proposed, each with what it rests on.
fn proposed(tell: &Telling<'_>, draft: &Draft, kept: &[KeptLine]) -> Vec<LineView> {
    let drawn = draft.lines.iter().map(|line| (line.subject.0, line.grounds.as_slice()));
    let held = draft.held.iter().map(|held| (held.subject.0, held.grounds.as_slice()));
    let grounds: HashMap<u32, &[Ground]> = drawn.chain(held).collect();
    kept.iter().map(|line| tell.line(line, grounds.get(&line.subject).copied().unwrap_or_default())).collect()
}

/// What became of each line: by the latest transfer to whoever it pays.
fn settle(seen: &Seen<'_>, case: &CaseHead, view: &mut LinesView) {
    let mut latest: HashMap<u32, Transfer> = HashMap::new();
    for one in seen.transfers_of(case.subject) {
        latest.entry(one.credit.0).or_insert(one);
    }
    let mut arrived = Fen(0);
    for line in &mut view.lines {
        let Some(one) = latest.get(&line.subject) else { continue };
        line.state = match one.phase {
            Phase::Direct | Phase::Post => {
                arrived = arrived.checked_add(one.amount).unwrap_or(arrived);
                "paid"
            }
            Phase::Pending => "pending",
            Phase::Void => {
                view.failed += 1;
                "failed"
            }
        }
        .into();
    }
    view.arrived = arrived.to_string();
    if !latest.is_empty() {
        view.state = if view.lines.iter().all(|line| line.state == "paid") { "paid" } else { "paying" }.into();
    }
}

/// How lines are told to a viewer.
struct Telling<'a> {
    app: &'a App,
    seen: &'a Seen<'a>,
    catalog: &'a Catalog,
    on: Day,
    lang: Lang,
}

impl Telling<'_> {
    fn place(&self, subject: SubjectId) -> (u32, String, String) {
        let household = register::view::household_of(self.seen, subject, self.on).map_or(0, |household| household.0);
        let area = self.seen.place_of(subject).map(|area| area_name(self.seen.image(), area)).unwrap_or_default();
        (household, who(self.app, self.seen, subject, self.on), area)
    }

    fn grounds(&self, grounds: &[Ground]) -> Vec<GroundView> {
        grounds
            .iter()
            .map(|one| register::household::ground(self.app, self.seen, self.catalog, one, self.on, self.lang))
            .collect()
    }

    fn line(&self, line: &KeptLine, grounds: &[Ground]) -> LineView {
        let (household, who, area_name) = self.place(SubjectId(line.subject));
        LineView {
            subject: line.subject,
            household,
            who,
            area_name,
            amount: line.amount.clone(),
            computed: line.computed.clone(),
            reason: line.reason.clone(),
            state: "open".into(),
            grounds: self.grounds(grounds),
        }
    }

    fn held(&self, subject: SubjectId, why: Why, grounds: &[Ground]) -> HeldView {
        let (household, who, area_name) = self.place(subject);
        let (code, zh, en) = match why {
            Why::NotEntitled => ("not-entitled", "按现有登记不再符合条件", "not entitled by what is recorded"),
            Why::Unknown => ("unknown", "缺少判断所需的登记", "a fact is missing"),
            Why::Left => ("left", "已去世或迁出", "died or moved away"),
            Why::Paid => ("paid", "本期已在另一批中", "in another batch of this period"),
            Why::Overlap => ("overlap", "与另一项待遇不能同时享受", "receives what excludes this"),
            Why::NothingDue => ("nothing-due", "按规则应发金额为零", "the rule comes to nothing"),
        };
        HeldView {
            subject: subject.0,
            household,
            who,
            area_name,
            why: code.into(),
            says: either(zh, en, self.lang).to_owned(),
            grounds: self.grounds(grounds),
        }
    }
}

/// The programmes of the catalog.
///
/// # Errors
/// When there is no catalog.
pub fn programmes(app: &App, lang: Lang) -> Result<Vec<ProgrammeRow>, Problem> {
    let image = app.image();
    let (catalog, _) = act::catalog(&image)?;
    let per = |rule: &str| match catalog.rules.rule(rule).map(|(_, rule, _)| &rule.asks) {
        Some(Asks::Entitlement { per, .. }) => per.as_str(),
        _ => "",
    };
    let row = |one: &Programme| ProgrammeRow {
        name: one.name.clone(),
        title: words(&one.title, lang).to_owned(),
        rule: one.rule.clone(),
        per: per(&one.rule).to_owned(),
        fund: one.fund.clone(),
        fund_title: fund_title(catalog, &one.fund, lang),
        payer: one.payer.clone(),
        income: one.income.as_str().to_owned(),
        shares: one.shares,
        counts_only: one.shown == Shown::Counts,
        source: one.source.clone(),
        confidence: one.confidence.as_str().to_owned(),
    };
    Ok(catalog.programmes.values().map(row).collect())
}

/// A fund's title.
pub fn fund_title(catalog: &Catalog, fund: &str, lang: Lang) -> String {
    catalog.funds.get(fund).map_or(fund, |fund| words(&fund.title, lang)).to_owned()
}

/// What a transfer follows: the title of a programme, a rule or a service.
fn rule_title(catalog: &Catalog, rule: &str, lang: Lang) -> String {
    let programme = catalog.programmes.get(rule).map(|one| words(&one.title, lang).to_owned());
    programme
        .or_else(|| catalog.rules.rule(rule).map(|(_, rule, _)| words(&rule.title, lang).to_owned()))
        .unwrap_or_default()
}

fn account(app: &App, seen: &Seen<'_>, fund: &str, subject: SubjectId, held: Balance, lang: Lang) -> AccountView {
    let title = seen.image().catalog().map(|catalog| fund_title(catalog, fund, lang)).unwrap_or_default();
    AccountView {
        subject: subject.0,
        who: who(app, seen, subject, app.now().day()),
        kind: seen.image().kind(subject).map(|kind| kind.to_string()).unwrap_or_default(),
        fund: fund.to_owned(),
        fund_title: title,
        posted: held.posted.to_string(),
        leaving: held.leaving.to_string(),
        arriving: held.arriving.to_string(),
    }
}

/// The accounts of a subject.
pub fn accounts(app: &App, viewer: &Viewer, subject: SubjectId, lang: Lang) -> Vec<AccountView> {
    let image = app.image();
    let seen = viewer.look(&image);
    let held = |fund: &str| seen.balance(fund, subject).map(|held| account(app, &seen, fund, subject, held, lang));
    seen.funds_of(subject).iter().filter_map(|fund| held(fund)).collect()
}

/// A transfer as it is shown.
pub fn transfer(app: &App, seen: &Seen<'_>, one: &Transfer, lang: Lang) -> TransferView {
    let image = seen.image();
    // Whoever sees a transfer is told which case it cites, even one they may not open.
    let program = Viewer::program();
    let (case, case_title) = match program.look(image).case(one.case) {
        Ok(case) => (image.number(case), words(&image.service(case).title, lang).to_owned()),
        Err(_) => Default::default(),
    };
    let today = app.now().day();
    let catalog = image.catalog();
    TransferView {
        n: one.n,
        seq: one.seq,
        at: image.act(one.seq).map(|act| act.at().to_string()).unwrap_or_default(),
        case,
        case_title,
        rule: one.rule.to_string(),
        rule_title: catalog.map(|catalog| rule_title(catalog, &one.rule, lang)).unwrap_or_default(),
        fund: one.fund.to_string(),
        phase: one.phase.as_str().to_owned(),
        settles: one.settles.unwrap_or(0),
        moved: one.moves(),
        from: who(app, seen, one.debit, today),
        from_subject: one.debit.0,
        to: who(app, seen, one.credit, today),
        to_subject: one.credit.0,
        amount: one.amount.to_string(),
        balance: String::new(),
    }
}

/// An account's statement as of a day.
///
/// # Errors
/// `not-found`, `form-invalid`.
pub fn statement(
    app: &App,
    viewer: &Viewer,
    fund: &str,
    subject: SubjectId,
    on: Option<&str>,
    lang: Lang,
) -> Result<Statement, Problem> {
    register::view::known(app);
    let on = register::view::day(app, on)?;
    let image = app.image();
    let seen = viewer.look(&image);
    let held = seen.balance(fund, subject).filter(|_| seen.funds_of(subject).iter().any(|known| **known == *fund));
    let held = held.ok_or_else(|| {
        problem::NOT_FOUND.problem("没有这个账户，或者不在您的辖区内。", "There is no such account in your area.")
    })?;
    let by = |one: &Transfer| image.act(one.seq).is_some_and(|act| act.at().day() <= on);
    // From the latest back: what is held now less what came since.
    let mut balance = held.posted;
    let (mut then, mut total) = (None, 0);
    let mut transfers = Vec::new();
    for one in seen.statement(fund, subject) {
        if by(&one) {
            then.get_or_insert(balance);
            total += 1;
            if transfers.len() < LISTED {
                transfers.push(TransferView { balance: balance.to_string(), ..transfer(app, &seen, &one, lang) });
            }
        }
        if one.moves() {
            let change = if one.credit == subject { one.amount } else { Fen(-one.amount.0) };
            balance = balance.checked_sub(change).unwrap_or(balance);
        }
    }
    Ok(Statement {
        account: account(app, &seen, fund, subject, held, lang),
        on: on.to_string(),
        held: then.unwrap_or_default().to_string(),
        transfers,
        total,
    })
}

/// The money of the viewer's area, fund by fund, and the trial balance of the zone.
///
/// # Errors
/// `forbidden`.
pub fn money(app: &App, viewer: &Viewer, lang: Lang) -> Result<MoneyView, Problem> {
    let image = app.image();
    let seen = viewer.look(&image);
    let (catalog, _) = act::catalog(&image)?;
    let trial: BTreeMap<_, _> = seen.trial_balance()?.into_iter().collect();
    let mut sums: BTreeMap<String, (Fen, Fen, usize)> = BTreeMap::new();
    for (fund, account, held) in seen.accounts() {
        let (kept, given, accounts) = sums.entry(fund.to_string()).or_default();
        let source = catalog.funds.get(&**fund).is_some_and(|known| {
            image.kind(account).is_some_and(|kind| known.may_owe.iter().any(|owing| **owing == **kind))
        });
        if source {
            *given = given.checked_sub(held.posted).unwrap_or(*given);
        } else {
            *kept = kept.checked_add(held.posted).unwrap_or(*kept);
        }
        *accounts += 1;
    }
    let funds = catalog.funds.values().map(|fund| {
        let (held, given, accounts) = sums.get(&fund.name).copied().unwrap_or_default();
        FundView {
            name: fund.name.clone(),
            title: words(&fund.title, lang).to_owned(),
            trial_balance: trial.get(fund.name.as_str()).copied().unwrap_or_default().to_string(),
            held: held.to_string(),
            given: given.to_string(),
            accounts,
        }
    });
    let (transfers, pending) = seen.counted()?;
    Ok(MoneyView { funds: funds.collect(), transfers, pending })
}
