//! Between payers and hospitals: what each owes for a month, slip by slip; and a payer's own list held against ours.

use super::model::{ReconciledView, StatementLine, StatementRow, StatementView};
use super::rule;
use super::view::patient_name;
use crate::app::App;
use crate::register;
use crate::sheet::Sheet;
use crate::table::model::Table;
use std::collections::{BTreeMap, HashMap, HashSet};
use yizhan_core::access::{Seen, Viewer};
use yizhan_core::problem;
use yizhan_core::row::SubjectId;
use yizhan_core::service::Stands;
use yizhan_core::settlement::Entry;
use yizhan_kit::{Day, Fen, Lang, Problem};

/// A payer's part of a slip.
struct Part<'a> {
    entry: &'a Entry,
    payer: SubjectId,
    amount: Fen,
    stands: Stands,
}

impl Part<'_> {
    /// Who is owed: the hospital, 0 where people are paid themselves.
    fn clinic(&self) -> u32 {
        self.entry.kept.clinic.unwrap_or(0)
    }

    fn waits(&self) -> Fen {
        let sum = |list: &[(u64, Fen)]| list.iter().map(|(_, amount)| amount.0).sum::<i64>();
        Fen(sum(&self.stands.waits) - sum(&self.stands.back))
    }
}

/// The payers' parts of the slips that the viewer sees and that were settled in a month, in order.
fn parts<'a>(seen: &Seen<'a>, (from, until): (Day, Day)) -> Result<Vec<Part<'a>>, Problem> {
    let image = seen.image();
    let within = |entry: &&Entry| image.act(entry.seq).is_some_and(|act| (from..until).contains(&act.at().day()));
    let mut entries: Vec<&Entry> = seen.slips().filter(within).collect();
    entries.sort_by_key(|entry| (entry.seq, entry.case));
    let mut parts = Vec::new();
    for entry in entries {
        for (linked, stands) in seen.moved(entry)? {
            if linked.payer.is_some() {
                parts.push(Part { entry, payer: linked.link.from, amount: linked.amount, stands });
            }
        }
    }
    Ok(parts)
}

/// The month that is asked for; the present one unless given.
///
/// # Errors
/// `form-invalid`.
pub fn month(app: &App, asked: Option<&str>) -> Result<String, Problem> {
    let month = asked.map_or_else(|| rule::month_of(app.now().day()), str::to_owned);
    rule::month(&month).map(|_| month)
}

fn row(app: &App, seen: &Seen<'_>, payer: SubjectId, clinic: u32, lang: Lang) -> StatementRow {
    let name = |subject: SubjectId| register::view::who(app, seen, subject, app.now().day());
    let people = if lang == Lang::En { "people who had paid themselves" } else { "本人（凭票据报销）" };
    StatementRow {
        payer: payer.0,
        payer_name: name(payer),
        clinic,
        clinic_name: if clinic == 0 { people.to_owned() } else { name(SubjectId(clinic)) },
        slips: 0,
        amount: String::new(),
        arrived: String::new(),
        waits: String::new(),
    }
}

/// What each payer owes each hospital for a month.
///
/// # Errors
/// `form-invalid`, `no-policy`, `no-payer`.
pub fn all(app: &App, viewer: &Viewer, month: &str, lang: Lang) -> Result<Vec<StatementRow>, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let mut sums: BTreeMap<(u32, u32), (usize, [i64; 3])> = BTreeMap::new();
    for part in parts(&seen, rule::month(month)?)? {
        let (slips, sum) = sums.entry((part.clinic(), part.payer.0)).or_default();
        *slips += 1;
        for (sum, amount) in sum.iter_mut().zip([part.amount, part.stands.moved, part.waits()]) {
            *sum += amount.0;
        }
    }
    let rows = sums.into_iter().map(|((clinic, payer), (slips, [amount, arrived, waits]))| StatementRow {
        slips,
        amount: Fen(amount).to_string(),
        arrived: Fen(arrived).to_string(),
        waits: Fen(waits).to_string(),
        ..row(app, &seen, SubjectId(payer), clinic, lang)
    });
    Ok(rows.collect())
}

/// One of them, slip by slip.
///
/// # Errors
/// As [`all`].
pub fn one(
    app: &App,
    viewer: &Viewer,
    (payer, clinic): (u32, u32),
    month: &str,
    lang: Lang,
) -> Result<StatementView, Problem> {
    register::view::known(app);
    let image = app.image();
    let seen = viewer.look(&image);
    let mut sums = [0; 3];
    let mut lines = Vec::new();
    for part in parts(&seen, rule::month(month)?)? {
        if part.payer.0 != payer || part.clinic() != clinic {
            continue;
        }
        for (sum, amount) in sums.iter_mut().zip([part.amount, part.stands.moved, part.waits()]) {
            *sum += amount.0;
        }
        let kept = &part.entry.kept;
        lines.push(StatementLine {
            number: image.number(seen.case(part.entry.case)?),
            name: patient_name(app, &seen, SubjectId(kept.person)),
            discharged: kept.discharged.to_string(),
            settled_at: image.act(part.entry.seq).map(|act| act.at().to_string()).unwrap_or_default(),
            total: Fen(kept.total_fen).to_string(),
            amount: part.amount.to_string(),
            arrived: part.stands.moved.to_string(),
            waits: part.waits().to_string(),
        });
    }
    let [amount, arrived, waits] = sums.map(|sum| Fen(sum).to_string());
    let sums =
        StatementRow { slips: lines.len(), amount, arrived, waits, ..row(app, &seen, SubjectId(payer), clinic, lang) };
    Ok(StatementView { month: month.to_owned(), sums, lines })
}

/// The same as an Excel file.
pub fn sheet(view: &StatementView) -> Sheet {
    let columns = [
        ("结算单号", 22),
        ("患者", 12),
        ("出院日期", 12),
        ("结算时间", 22),
        ("总费用", 14),
        ("金额", 14),
        ("已到账", 14),
        ("待付", 14),
    ];
    let line = |one: &StatementLine| {
        let texts = [
            &one.number,
            &one.name,
            &one.discharged,
            &one.settled_at,
            &one.total,
            &one.amount,
            &one.arrived,
            &one.waits,
        ];
        texts.map(Clone::clone).to_vec()
    };
    Sheet {
        title: format!("{} → {} {} 对账单", view.sums.payer_name, view.sums.clinic_name, view.month),
        columns: columns.map(|(title, width)| (title.to_owned(), width)).to_vec(),
        rows: view.lines.iter().map(line).collect(),
    }
}

/// Holds a payer's own list against ours: what it comes to, and the transfers that agree and still wait.
///
/// # Errors
/// `form-invalid` for a file without the headings.
pub fn reconcile(
    viewer: &Viewer,
    image: &yizhan_core::image::Image,
    (payer, clinic): (u32, u32),
    month: &str,
    table: &Table,
) -> Result<(ReconciledView, Vec<u64>), Problem> {
    let column = |names: &[&str]| table.headings.iter().position(|heading| names.contains(&heading.trim()));
    let (Some(number), Some(amount)) =
        (column(&["结算单号", "number", "setl_id"]), column(&["金额", "amount", "fund_payamt"]))
    else {
        return Err(problem::FORM_INVALID
            .problem("对账文件要有“结算单号”和“金额”两列。", "The file has the columns 结算单号 and 金额."));
    };
    let seen = viewer.look(image);
    let mut ours: HashMap<String, Part<'_>> = HashMap::new();
    let mut order = Vec::new();
    for part in parts(&seen, rule::month(month)?)? {
        if part.payer.0 == payer && part.clinic() == clinic {
            let number = image.number(seen.case(part.entry.case)?);
            order.push(number.clone());
            ours.insert(number, part);
        }
    }
    let mut view = ReconciledView {
        agreed: 0,
        amount: String::new(),
        before: 0,
        differs: Vec::new(),
        unknown: Vec::new(),
        missing: Vec::new(),
    };
    let (mut transfers, mut agreed, mut met) = (Vec::new(), 0, HashSet::new());
    for (line, cells) in &table.rows {
        let cell = |at: usize| cells.get(at).map(|cell| cell.trim()).unwrap_or_default();
        let named = cell(number);
        let Some(part) = ours.get(named).filter(|_| met.insert(named.to_owned())) else {
            view.unknown.push(format!("{line}: {named} {}", cell(amount)));
            continue;
        };
        let theirs = yizhan_core::settlement::amount(cell(amount));
        if theirs != Some(part.amount) {
            view.differs.push(format!("{named}: {} ≠ {}", cell(amount), part.amount));
            continue;
        }
        let waiting: Vec<u64> = part.stands.waits.iter().chain(&part.stands.back).map(|(n, _)| *n).collect();
        if waiting.is_empty() {
            view.before += 1;
        } else {
            view.agreed += 1;
            agreed += part.amount.0;
            transfers.extend(waiting);
        }
    }
    view.missing = order.into_iter().filter(|number| !met.contains(number)).collect();
    view.amount = Fen(agreed).to_string();
    Ok((view, transfers))
}
