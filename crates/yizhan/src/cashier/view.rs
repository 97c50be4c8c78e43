//! Its questions: what is to be paid for a case and what was; what was taken in on which day.

use super::act::{self, account, code_of, title};
use super::bill::{self, Compared};
use super::model::{
    PayCode, PayPart, PayWay, Payable, PaymentView, RefundAsked, TakingsDay, TakingsEntries, TakingsEntry,
};
use super::rule;
use crate::app::App;
use crate::case::rule::words as say;
use crate::case::view::words;
use crate::resident::http::code as drawn;
use serde_json::{Value as Json, json};
use yizhan_core::access::{Deed, Viewer};
use yizhan_core::checkout::{self, Going, ORDER, ORDER_BACK, ORDER_BACK_BY, ORDER_NUMBER, ORDER_PAID_ON, Order, State};
use yizhan_core::image::Image;
use yizhan_core::image::case::CaseHead;
use yizhan_core::image::fact::Value;
use yizhan_core::row::SubjectId;
use yizhan_core::service::{BACK, BACK_ASKED, BACK_DECLINED, PAID, collects_now};
use yizhan_kit::{Day, Fen, Lang, Problem};

/// What is to be paid for a case, for whoever sees it; nothing where nothing is collected.
///
/// # Errors
/// `case-not-found`, the store's failure.
pub fn payable(
    app: &App,
    image: &Image,
    viewer: &Viewer,
    case: &CaseHead,
    lang: Lang,
) -> Result<Option<Payable>, Problem> {
    let service = image.service(case);
    viewer.look(image).case(case.subject)?;
    if service.collects.is_none() {
        return Ok(None);
    }
    let program = Viewer::program();
    let orders = program.look(image).orders_of(case.subject);
    let collects = collects_now(image, case);
    let day = rule::counted_on(image, &orders, app.now().day());
    let due = if collects { Some(rule::due(app, image, case, day)?) } else { None };
    let all = due.as_ref().and_then(|due| due.all);
    let kept = checkout::kept(&orders);
    let left = all.map(|all| Fen((all.0 - kept.0).max(0)));
    let state = match (collects, all, left) {
        (_, _, Some(Fen(0))) if kept.0 > 0 => "paid",
        (false, ..) if kept.0 > 0 => "paid",
        (false, ..) => "closed",
        (true, None, _) => "unassessed",
        (true, Some(_), Some(Fen(0))) => "nothing",
        (true, ..) => "waiting",
    };
    let (zh_en, now) = (|code: &str| say(title(code).0, title(code).1, lang).to_owned(), app.now());
    let codes = orders.iter().filter(|order| order.state == State::Open && state == "waiting");
    let codes = codes.filter_map(|order| {
        let made = rule::made_at(image, order);
        let until = checkout::until(made);
        let holds = act::kept_code(app, &rule::number(&app.vault, order.subject, made))?;
        let channel = code_of(image, order.channel);
        (until > now && Some(order.asked) == left).then(|| PayCode {
            title: zh_en(&channel),
            channel,
            amount: order.asked.to_string(),
            until: until.to_string(),
            seconds: (until.0 - now.0) / 1000,
            link: if holds.starts_with("https://") || holds.starts_with("http://") {
                holds.clone()
            } else {
                String::new()
            },
            svg: drawn(&holds),
            holds,
        })
    });
    Ok(Some(Payable {
        number: image.number(case),
        title: words(&service.title, lang).to_owned(),
        parts: due
            .iter()
            .flat_map(|due| &due.parts)
            .map(|(title, amount)| PayPart { title: words(title, lang).to_owned(), amount: amount.to_string() })
            .collect(),
        due: all.map(|all| all.to_string()),
        paid: kept.to_string(),
        left: left.map(|left| left.to_string()),
        open: state == "waiting" && !app.cashier.all().is_empty(),
        ways: app
            .cashier
            .all()
            .iter()
            .map(|one| PayWay { code: one.code().into(), title: zh_en(one.code()) })
            .collect(),
        codes: codes.collect(),
        payments: orders
            .iter()
            .rev()
            .filter(|order| order.taken.0 > 0)
            .map(|one| payment(app, image, one, lang))
            .collect(),
        state: state.into(),
    }))
}

/// A payment and what went back of it.
pub fn payment(app: &App, image: &Image, order: &Order, lang: Lang) -> PaymentView {
    let program = Viewer::program();
    let seen = program.look(image);
    let code = code_of(image, order.channel);
    let sum = |going: Going| Fen(order.refunds.iter().filter(|one| one.going == going).map(|one| one.amount.0).sum());
    let text = |attribute: &str| match seen.latest(order.subject, attribute) {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Day(day)) => day.to_string(),
        Some(Value::Fen(amount)) => amount.to_string(),
        _ => String::new(),
    };
    PaymentView {
        order: order.subject.0,
        number: rule::number(&app.vault, order.subject, rule::made_at(image, order)),
        theirs: text(ORDER_NUMBER),
        title: say(title(&code).0, title(&code).1, lang).to_owned(),
        amount: order.taken.to_string(),
        on: text(ORDER_PAID_ON),
        back: sum(Going::Done).to_string(),
        returning: sum(Going::Waits).to_string(),
        asked: Some(text(ORDER_BACK)).filter(|text| !text.is_empty()),
        failed: order.refunds.iter().any(|one| one.going == Going::Failed),
    }
}

/// What was taken in day by day and channel by channel, the latest first.
///
/// # Errors
/// `forbidden`, the store's failure.
pub fn days(app: &App, viewer: &Viewer, last: Day, count: i32, lang: Lang) -> Result<Vec<TakingsDay>, Problem> {
    viewer.must(Deed::Count)?;
    let image = app.image();
    let mut rows = Vec::new();
    for day in (0..count).map(|n| last.plus(-n)) {
        for code in ["wechat", "alipay"] {
            let Some(account) = account(&image, code) else { continue };
            if viewer.look(&image).place_of(account).is_none() {
                continue;
            }
            rows.extend(day_of(app, &image, account, code, day, lang)?);
        }
    }
    Ok(rows)
}

fn day_of(
    app: &App,
    image: &Image,
    account: SubjectId,
    code: &str,
    day: Day,
    lang: Lang,
) -> Result<Option<TakingsDay>, Problem> {
    let program = Viewer::program();
    let seen = program.look(image);
    let booked = bill::booked(app, &seen, account, day);
    let own = |back: bool| Fen(booked.iter().filter(|one| one.1 == back).map(|one| one.2.0).sum());
    let billed = bill::rows(app, &seen, account, day)?;
    let theirs = |back: bool| {
        let rows = billed.as_ref()?.iter().filter(|row| row.refund.is_some() == back);
        Some(Fen(rows.map(|row| row.fen).sum()).to_string())
    };
    let entries = bill::compared(app, code, day)?.unwrap_or_default();
    let same = entries.iter().filter(|one| one.compared == Compared::Same).count();
    if booked.is_empty() && entries.is_empty() {
        return Ok(None);
    }
    Ok(Some(TakingsDay {
        day: day.to_string(),
        channel: code.into(),
        title: say(title(code).0, title(code).1, lang).to_owned(),
        taken: own(false).to_string(),
        back: own(true).to_string(),
        bill_taken: theirs(false),
        bill_back: theirs(true),
        same,
        differ: entries.len() - same,
    }))
}

/// A day of a channel, entry by entry; as we booked it while there is no bill.
///
/// # Errors
/// `forbidden`, the store's failure.
pub fn entries(app: &App, viewer: &Viewer, code: &str, day: Day) -> Result<TakingsEntries, Problem> {
    viewer.must(Deed::Count)?;
    let image = app.image();
    let (program, seen) = (Viewer::program(), viewer.look(&image));
    let account = account(&image, code).filter(|account| seen.place_of(*account).is_some());
    let Some(account) = account else { return Ok(TakingsEntries { billed: false, entries: Vec::new() }) };
    let case = |case: Option<SubjectId>| {
        case.and_then(|case| program.look(&image).case(case).ok()).map(|head| image.number(head))
    };
    if let Some(found) = bill::compared(app, code, day)? {
        let entries = found.into_iter().map(|one| TakingsEntry {
            compared: one.compared.as_str().into(),
            number: one.number,
            theirs_number: one.theirs_number,
            back: one.back,
            ours: one.ours.map(|amount| amount.to_string()),
            theirs: one.theirs.map(|amount| amount.to_string()),
            order: one.order.map(|order| order.0),
            case: case(one.case),
        });
        return Ok(TakingsEntries { billed: true, entries: entries.collect() });
    }
    let booked = bill::booked(app, &program.look(&image), account, day).into_iter();
    let entries = booked.map(|(number, back, amount, order)| TakingsEntry {
        compared: "booked".into(),
        number,
        theirs_number: match program.look(&image).latest(order.subject, ORDER_NUMBER) {
            Some(Value::Text(text)) => text.to_string(),
            _ => String::new(),
        },
        back,
        ours: Some(amount.to_string()),
        theirs: None,
        order: Some(order.subject.0),
        case: case(Some(order.case)),
    });
    Ok(TakingsEntries { billed: false, entries: entries.collect() })
}

/// The refunds that somebody asked for and another decides on, of the cases that the viewer sees.
///
/// # Errors
/// `forbidden`.
pub fn asked(app: &App, viewer: &Viewer) -> Result<Vec<RefundAsked>, Problem> {
    viewer.must(Deed::SeeCase)?;
    let image = app.image();
    let program = Viewer::program();
    let (all, seen) = (program.look(&image), viewer.look(&image));
    let row = |subject: SubjectId| {
        let Some(Value::Fen(amount)) = all.latest(subject, ORDER_BACK) else { return None };
        let order = seen.order(subject)?;
        let by = match all.latest(subject, ORDER_BACK_BY) {
            Some(Value::Int(staff)) => u32::try_from(staff).ok().and_then(|staff| image.staff_name(SubjectId(staff))),
            _ => None,
        };
        Some(RefundAsked {
            order: subject.0,
            case: image.number(seen.case(order.case).ok()?),
            amount: amount.to_string(),
            of: order.kept().to_string(),
            by: by.unwrap_or_default(),
        })
    };
    Ok(all.subjects_of(ORDER).filter_map(row).collect())
}

/// What a case's history calls what the cashier wrote there.
pub fn step_title(name: &str, lang: Lang) -> Option<String> {
    let (zh, en) = match name {
        PAID => ("已付款", "Paid"),
        BACK => ("退款", "Given back"),
        BACK_ASKED => ("申请退款", "A refund is asked for"),
        BACK_DECLINED => ("不予退款", "A refund is declined"),
        _ => return None,
    };
    Some(say(zh, en, lang).to_owned())
}

/// The form by which that is read in words.
pub fn step_schema(name: &str) -> Option<Json> {
    let known = [PAID, BACK, BACK_ASKED, BACK_DECLINED];
    known.contains(&name).then(|| {
        json!({"properties": {
            "amount": {"title": "金额（元）", "x-title-en": "Amount, yuan"},
            "channel": {"title": "方式", "x-title-en": "By", "enum": ["wechat", "alipay"], "x-enum-titles": [{"zh": "微信支付", "en": "WeChat Pay"}, {"zh": "支付宝", "en": "Alipay"}]},
            "number": {"title": "交易号", "x-title-en": "The channel's number"},
            "order": {"title": "支付单号", "x-title-en": "Our number"},
            "at": {"title": "付款时间", "x-title-en": "Paid at"},
            "outcome": {"title": "结果", "x-title-en": "Outcome", "enum": ["done", "failed"], "x-enum-titles": [{"zh": "已退回", "en": "Given back"}, {"zh": "未退成", "en": "It did not take place"}]},
            "reason": {"title": "原因", "x-title-en": "Why"}
        }})
    })
}
