//! Reads a service file: its shape, its forms, and what can be checked without other files.

use super::alarm_file::{AlarmShape, read_alarm};
use super::board_file::{BoardShape, read_board};
use super::check::Claim;
use super::collects::{self, CollectsShape};
use super::duty_file::{DutyShape, read_duty};
use super::entry_file::{EntryShape, PaperShape, WhoByShape, read_entry, read_paper, read_who_by};
use super::example_file::{ExampleShape, read_example};
use super::fact_file::{FactShape, read_facts};
use super::form::Form;
use super::learn;
use super::money::{BatchShape, Lines, MoneyClaim, MoneyShape, read_batch, read_money};
use super::publish;
use super::service::{Audience, Blind, Closing, Keep, KeepFrom, Move, NotBefore, Notice, Posting, Service, Step, Who};
use super::settles::{self, SettlesShape, Settling};
use super::source::{Place, Sheet, Words};
use super::subject::{Attribute, AttributeShape, RoleClaim, ValueKind, read_attributes};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    title: Spanned<Words>,
    about: Spanned<Words>,
    #[serde(default)]
    serves: Vec<Spanned<String>>,
    #[serde(default)]
    search: Vec<String>,
    number_prefix: Spanned<String>,
    opened_by: Vec<Spanned<String>>,
    #[serde(default)]
    seen_by: Vec<Spanned<String>>,
    purpose: Spanned<String>,
    keep_days: Spanned<KeepShape>,
    keep_from: Option<Spanned<String>>,
    #[serde(default)]
    by_table: bool,
    #[serde(default)]
    forget_on_request: bool,
    #[serde(default)]
    own_purpose: bool,
    received: Option<Spanned<Words>>,
    notice: Option<NoticeShape>,
    guardian_notice: Option<NoticeShape>,
    form: Spanned<String>,
    area: Spanned<String>,
    #[serde(default)]
    blind: Vec<BlindShape>,
    calculator: Option<Spanned<String>>,
    #[serde(default)]
    attribute: Vec<AttributeShape>,
    #[serde(default)]
    knows: Vec<FactShape>,
    step: Vec<StepShape>,
    closing: Option<ClosingShape>,
    batch: Option<BatchShape>,
    settles: Option<SettlesShape>,
    collects: Option<CollectsShape>,
    board: Option<BoardShape>,
    #[serde(default)]
    entry: Vec<EntryShape>,
    #[serde(default)]
    paper: Vec<PaperShape>,
    #[serde(default)]
    duty: Vec<DutyShape>,
    #[serde(default)]
    alarm: Vec<AlarmShape>,
    #[serde(default)]
    example: Vec<ExampleShape>,
}

/// Days, or the name of a parameter.
#[derive(Deserialize)]
#[serde(untagged)]
enum KeepShape {
    Days(u32),
    Parameter(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosingShape {
    form: Spanned<String>,
    #[serde(default)]
    facts: Vec<FactShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeShape {
    version: Spanned<String>,
    text: Spanned<Words>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlindShape {
    name: Spanned<String>,
    pointer: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepShape {
    name: Spanned<String>,
    title: Spanned<Words>,
    who: Spanned<String>,
    who_by: Option<WhoByShape>,
    within: Option<Spanned<String>>,
    notice_days: Option<u32>,
    may: Option<Vec<Spanned<String>>>,
    form: Option<Spanned<String>>,
    #[serde(default)]
    facts: Vec<FactShape>,
    #[serde(default)]
    adds: Vec<learn::AddShape>,
    #[serde(default)]
    register: Vec<learn::LearnShape>,
    not_before: Option<NotBeforeShape>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    same_person: bool,
    plans: Option<Spanned<String>>,
    tell: Option<Spanned<Words>>,
    #[serde(default)]
    papers: Vec<Spanned<String>>,
    #[serde(default)]
    money: Vec<MoneyShape>,
    lines: Option<Spanned<String>>,
    settles: Option<Spanned<String>>,
    #[serde(default)]
    adopts: bool,
    figures: Option<Spanned<String>>,
    parcel: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotBeforeShape {
    attribute: Spanned<String>,
    #[serde(default)]
    days: i32,
}

/// A service with what must be compared with other files.
pub(super) struct ServiceRead {
    pub(super) service: Service,
    pub(super) prefix_place: Place,
    pub(super) attributes: Vec<Attribute>,
}

/// What a service file says about other files: roles and attributes.
pub(super) struct Outward<'a> {
    pub(super) roles: &'a mut Vec<RoleClaim>,
    pub(super) claims: &'a mut Vec<Claim>,
    /// The parameters that some service reads.
    pub(super) parameters: &'a mut Vec<(Place, String)>,
    /// Those of them that are numbers of days.
    pub(super) days: &'a mut Vec<(Place, String)>,
    /// The schemas that some service uses.
    pub(super) schemas: &'a mut Vec<String>,
    /// The sets of plans that some service reads.
    pub(super) plans: &'a mut Vec<(Place, String)>,
    /// The calculators that some service names.
    pub(super) calculators: &'a mut Vec<(Place, String)>,
    /// Funds, programmes and kinds that some service names.
    pub(super) money: &'a mut Vec<MoneyClaim>,
}

pub(super) fn read(sheet: &mut Sheet<'_>, out: &mut Outward<'_>) -> Option<ServiceRead> {
    let shape = sheet.shape::<Shape>()?;
    sheet.names("step", shape.step.iter().map(|step| &step.name));
    sheet.names("entry", shape.entry.iter().map(|entry| &entry.name));
    sheet.names("paper", shape.paper.iter().map(|paper| &paper.name));
    sheet.names("duty", shape.duty.iter().map(|duty| &duty.name));
    sheet.names("purpose", [&shape.purpose]);
    check_prefix(sheet, &shape.number_prefix);
    check_route(sheet, &shape);
    let attributes = read_attributes(sheet, shape.attribute, out.roles);
    for role in
        shape.opened_by.iter().filter(|role| !matches!(role.get_ref().as_str(), "resident" | "anyone" | "system"))
    {
        out.roles.push(RoleClaim { place: sheet.place(&role.span()), role: role.get_ref().clone() });
    }
    for role in &shape.seen_by {
        out.roles.push(RoleClaim { place: sheet.place(&role.span()), role: role.get_ref().clone() });
    }
    let calculator = shape.calculator.iter().map(|named| (sheet.place(&named.span()), named.get_ref().clone()));
    out.calculators.extend(calculator);
    let form = read_form(sheet, out, &shape.form);
    if let Some(form) = &form {
        check_pointer(sheet, form, &shape.area);
    }
    let notice = shape.notice.map(|row| read_notice(sheet, form.as_ref(), "/notice_version", row));
    let guardian_notice =
        shape.guardian_notice.map(|row| read_notice(sheet, form.as_ref(), "/guardian/notice_version", row));
    let knows = read_facts(sheet, out, form.as_ref(), shape.knows);
    let blind: Vec<Blind> = shape.blind.into_iter().map(|row| read_blind(sheet, form.as_ref(), row)).collect();
    let publishing = shape.step.iter().filter_map(|step| Some((step.figures.as_ref()?, step.form.is_some())));
    publish::check(sheet, out, form.as_ref(), publishing);
    let steps: Vec<_> = shape.step.into_iter().map(|row| read_step(sheet, out, form.as_ref(), row)).collect();
    let closing = shape.closing.map(|row| {
        let form = read_form(sheet, out, &row.form);
        let facts = read_facts(sheet, out, form.as_ref(), row.facts);
        form.map(|form| Closing { form, facts })
    });
    let batch = shape.batch.map(|row| read_batch(sheet, out, form.as_ref(), row));
    let settles = shape.settles.map(|row| settles::read(sheet, out, row));
    let board = shape.board.map(|row| read_board(sheet, out, row));
    let keep = read_keep(sheet, out, shape.keep_days, shape.keep_from);
    let entries: Vec<_> = shape.entry.into_iter().map(|row| read_entry(sheet, out, form.as_ref(), row)).collect();
    let collects = shape.collects.map(|row| collects::read(sheet, out, form.as_ref(), (&steps, &entries), row));
    let papers = shape.paper.into_iter().map(|row| read_paper(sheet, out, row)).collect();
    let duties: Vec<_> = shape.duty.into_iter().map(|row| read_duty(sheet, out, row)).collect();
    sheet.names("alarm", shape.alarm.iter().map(|alarm| &alarm.name));
    let alarms: Vec<_> = shape.alarm.into_iter().map(|row| read_alarm(sheet, out, row)).collect();
    let serves = match shape.serves.as_slice() {
        // Catalogs of earlier releases do not say.
        [] => vec![Audience::Resident],
        some => some.iter().filter_map(|audience| sheet.word("serves", audience)).collect(),
    };
    let service = Service {
        name: sheet.stem.to_owned(),
        title: sheet.words("title", shape.title),
        about: sheet.words("about", shape.about),
        serves,
        search: shape.search,
        number_prefix: shape.number_prefix.get_ref().clone(),
        seen_by: shape.seen_by.into_iter().map(Spanned::into_inner).collect(),
        opened_by: shape.opened_by.into_iter().map(Spanned::into_inner).collect(),
        purpose: shape.purpose.into_inner(),
        keep,
        by_table: shape.by_table,
        forget_on_request: shape.forget_on_request,
        own_purpose: shape.own_purpose,
        notice,
        guardian_notice,
        received: shape.received.map(|words| sheet.words("received", words)),
        form: form?,
        area: shape.area.into_inner(),
        blind,
        calculator: shape.calculator.map(Spanned::into_inner),
        knows,
        steps: steps.into_iter().collect::<Option<_>>()?,
        closing: settled(closing)?,
        batch,
        settles: settled(settles)?,
        collects,
        board,
        entries: entries.into_iter().collect::<Option<_>>()?,
        papers,
        duties: duties.into_iter().collect::<Option<_>>()?,
        alarms: alarms.into_iter().collect::<Option<_>>()?,
        examples: Vec::new(),
    };
    let examples = shape.example.into_iter().filter_map(|row| read_example(sheet, &service, row)).collect();
    let prefix_place = sheet.place(&shape.number_prefix.span());
    Some(ServiceRead { service: Service { examples, ..service }, prefix_place, attributes })
}

fn read_keep(
    sheet: &mut Sheet<'_>,
    out: &mut Outward<'_>,
    days: Spanned<KeepShape>,
    from: Option<Spanned<String>>,
) -> Keep {
    let place = sheet.place(&days.span());
    let days = match days.into_inner() {
        KeepShape::Days(days) => Ok(days),
        KeepShape::Parameter(name) => {
            out.parameters.push((place.clone(), name.clone()));
            out.days.push((place, name.clone()));
            Err(name)
        }
    };
    let from = from.and_then(|from| sheet.word("keep_from", &from)).unwrap_or(KeepFrom::Ended);
    Keep { days, from }
}

fn check_prefix(sheet: &mut Sheet<'_>, prefix: &Spanned<String>) {
    let text = prefix.get_ref();
    if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
        sheet.fault(&prefix.span(), format!("`number_prefix` cannot be `{text}`"), "one to four capital letters");
    }
}

/// What steps, entries, papers and duties say of each other.
fn check_route(sheet: &mut Sheet<'_>, shape: &Shape) {
    let Shape { step: steps, entry: entries, paper: papers, duty: duties, form, .. } = shape;
    if steps.is_empty() || steps.len() > 250 {
        sheet.fault(&form.span(), format!("a route of {} steps", steps.len()), "1 to 250 steps");
    }
    let is_step = |name: &str| steps.iter().any(|step| step.name.get_ref() == name);
    for entry in entries {
        if is_step(entry.name.get_ref()) {
            sheet.fault(
                &entry.name.span(),
                format!("entry `{}` is also a step", entry.name.get_ref()),
                "a name of its own",
            );
        }
    }
    // Entries and papers are alike in who may add them, and when.
    let additions = entries.iter().map(|entry| (&entry.name, entry.who.is_empty() && !entry.holder, &entry.during));
    let papers = papers.iter().map(|paper| (&paper.name, paper.who.is_empty() && !paper.holder, &paper.during));
    for (name, by_nobody, during) in additions.chain(papers) {
        if by_nobody {
            let what = format!("nobody may add `{}`", name.get_ref());
            sheet.fault(&name.span(), what, "`who` or `holder = true`");
        }
        for name in during.iter().filter(|name| !is_step(name.get_ref())) {
            sheet.fault(&name.span(), format!("no step `{}` in this service", name.get_ref()), "the name of a step");
        }
    }
    for step in steps {
        for name in &step.papers {
            if !shape.paper.iter().any(|paper| paper.name.get_ref() == name.get_ref()) {
                let what = format!("no paper `{}` in this service", name.get_ref());
                sheet.fault(&name.span(), what, "the name of a paper");
            }
        }
        for name in &step.needs {
            if !duties.iter().any(|duty| duty.name.get_ref() == name.get_ref()) {
                sheet.fault(
                    &name.span(),
                    format!("no duty `{}` in this service", name.get_ref()),
                    "the name of a duty",
                );
            }
        }
    }
    let posts = |place: usize, word: &str| steps.get(place)?.parcel.as_ref().filter(|text| text.get_ref() == word);
    for place in 0..steps.len() {
        let sent = place.checked_sub(1).and_then(|before| posts(before, Posting::Send.as_str()));
        if let Some(text) = posts(place, Posting::Signed.as_str()).filter(|_| sent.is_none()) {
            sheet.fault(
                &text.span(),
                "nothing was sent that could be signed for",
                "the step before it with `parcel = \"send\"`",
            );
        }
    }
    let backs = |name: &&Spanned<String>| name.get_ref() == Move::SendBack.as_str();
    if let Some(back) = steps.first().and_then(|step| step.may.iter().flatten().find(backs)) {
        sheet.fault(&back.span(), "the first step has no step before it", "no send-back here");
    }
}

/// Reads a form that stands beside the service file.
pub(super) fn read_form(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, name: &Spanned<String>) -> Option<Form> {
    let path = format!("service/{}", name.get_ref());
    let Some(text) = sheet.source.files.get(&path) else {
        sheet.fault(&name.span(), format!("no file {path}"), "a form beside this file, some-name.schema.json");
        return None;
    };
    out.schemas.push(path.clone());
    match Form::read(&path, text) {
        Ok(form) => Some(form),
        Err(mistake) => {
            if !sheet.mistakes.contains(&mistake) {
                sheet.mistakes.push(mistake);
            }
            None
        }
    }
}

pub(super) fn check_pointer(sheet: &mut Sheet<'_>, form: &Form, pointer: &Spanned<String>) {
    if form.at(pointer.get_ref()).is_none() {
        sheet.fault(
            &pointer.span(),
            format!("{} has nothing at `{}`", form.path, pointer.get_ref()),
            "a pointer to a property of the form",
        );
    }
}

/// A notice; the form must record the version that people are shown.
fn read_notice(sheet: &mut Sheet<'_>, form: Option<&Form>, at: &str, row: NoticeShape) -> Notice {
    let version = row.version.get_ref().clone();
    if let Some(form) = form
        && form.at(at).is_none_or(|property| property["const"] != *version)
    {
        sheet.fault(
            &row.version.span(),
            format!("{} does not record this version of the notice", form.path),
            format!("\"const\": \"{version}\" at {at}"),
        );
    }
    Notice { version, text: sheet.words("text", row.text) }
}

fn read_blind(sheet: &mut Sheet<'_>, form: Option<&Form>, row: BlindShape) -> Blind {
    if !matches!(row.name.get_ref().as_str(), "citizen-number" | "mobile" | "taxpayer-number" | "subject") {
        let known = "citizen-number, mobile, taxpayer-number or subject";
        sheet.fault(&row.name.span(), format!("no blind index `{}`", row.name.get_ref()), known);
    }
    if let Some(form) = form {
        check_pointer(sheet, form, &row.pointer);
    }
    Blind { name: row.name.into_inner(), pointer: row.pointer.into_inner() }
}

pub(super) fn claim_who(sheet: &Sheet<'_>, out: &mut Outward<'_>, who: &Who, text: &Spanned<String>) {
    if let Who::Role(role) = who {
        out.roles.push(RoleClaim { place: sheet.place(&text.span()), role: role.clone() });
    }
}

fn read_step(sheet: &mut Sheet<'_>, out: &mut Outward<'_>, application: Option<&Form>, row: StepShape) -> Option<Step> {
    let who = sheet.word::<Who>("who", &row.who);
    if let Some(who) = &who {
        claim_who(sheet, out, who, &row.who);
    }
    let who_by = row.who_by.map(|row| read_who_by(sheet, out, row));
    let within = row.within.as_ref().map(|within| sheet.word("within", within));
    let may = read_moves(sheet, row.may);
    let form = row.form.as_ref().map(|name| read_form(sheet, out, name));
    let facts = read_facts(sheet, out, form.as_ref().and_then(Option::as_ref), row.facts);
    let own = form.as_ref().and_then(Option::as_ref);
    let learning = learn::read(sheet, out, [application, own], row.adds, row.register);
    let money = read_money(sheet, out, [application, own], row.money);
    let lines = row.lines.as_ref().and_then(|text| sheet.word::<Lines>("lines", text));
    let settles = row.settles.as_ref().and_then(|text| sheet.word::<Settling>("settles", text));
    if let Some(text) = row.settles.filter(|_| settles != Some(Settling::Collect) && may.contains(&Move::Sign)) {
        sheet.fault(&text.span(), "a step that settles bills is signed by settling them only", "`may` without sign");
    }
    let not_before = row.not_before.map(|rule| {
        let place = sheet.place(&rule.attribute.span());
        let (by, attribute) = (sheet.stem.to_owned(), rule.attribute.get_ref().clone());
        out.claims.push(Claim::OfKind { place, by, attribute, kind: ValueKind::Day });
        NotBefore { attribute: rule.attribute.into_inner(), days: rule.days }
    });
    Some(Step {
        name: row.name.into_inner(),
        title: sheet.words("title", row.title),
        who: who?,
        who_by,
        within: settled(within)?,
        notice_days: row.notice_days,
        may,
        form: settled(form)?,
        facts,
        learning,
        not_before,
        needs: row.needs.into_iter().map(Spanned::into_inner).collect(),
        same_person: row.same_person,
        plans: row.plans.map(|name| {
            out.plans.push((sheet.place(&name.span()), name.get_ref().clone()));
            name.into_inner()
        }),
        tell: row.tell.map(|words| sheet.words("tell", words)),
        papers: row.papers.into_iter().map(Spanned::into_inner).collect(),
        money,
        lines,
        settles,
        adopts: row.adopts,
        figures: row.figures.as_ref().and_then(|text| sheet.word("figures", text)),
        parcel: row.parcel.as_ref().and_then(|text| sheet.word::<Posting>("parcel", text)),
    })
}

/// Absent is fine, unreadable is not.
fn settled<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(None) => None,
        Some(some) => Some(some),
    }
}

fn read_moves(sheet: &mut Sheet<'_>, moves: Option<Vec<Spanned<String>>>) -> Vec<Move> {
    let Some(moves) = moves else { return vec![Move::Sign] };
    let mut read = Vec::new();
    for text in &moves {
        let Some(step) = sheet.word::<Move>("may", text) else { continue };
        if read.contains(&step) {
            sheet.fault(&text.span(), format!("`{}` stands twice", step.as_str()), "each move once");
        }
        read.push(step);
    }
    read
}
