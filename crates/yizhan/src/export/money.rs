//! Money: every transfer with what became of it, every account with what it holds.

use super::table::{Cell, Column, Format, Kind, Shape, Table};
use std::path::Path;
use yizhan_core::access::Seen;

/// Writes transfers and balances.
///
/// # Errors
/// What cannot be written.
pub fn write(seen: &Seen<'_>, folder: &Path, format: Format) -> std::io::Result<Vec<(Shape, u64)>> {
    let image = seen.image();
    let mut transfers = Table::create(folder, transfers(), format)?;
    for one in seen.transfers_after(0) {
        let at = image.act(one.seq).map(|act| act.at().to_string());
        let number = seen.case(one.case).map(|case| image.number(case)).ok();
        transfers.row(vec![
            Cell::number(one.n),
            Cell::number(one.seq),
            Cell::maybe(at),
            Cell::Text(one.phase.as_str().to_owned()),
            Cell::Text(one.fund.to_string()),
            Cell::number(u64::from(one.debit.0)),
            Cell::number(u64::from(one.credit.0)),
            Cell::Text(one.amount.to_string()),
            Cell::Int(one.amount.0),
            Cell::Flag(one.moves()),
            one.settles.map_or(Cell::None, Cell::number),
            one.settled_by.map_or(Cell::None, Cell::number),
            Cell::number(u64::from(one.case.0)),
            Cell::maybe(number),
            if one.rule.is_empty() { Cell::None } else { Cell::Text(one.rule.to_string()) },
        ])?;
    }
    let mut balances = Table::create(folder, balances(), format)?;
    let mut accounts: Vec<_> = seen.accounts().collect();
    accounts.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
    for (fund, account, held) in accounts {
        balances.row(vec![
            Cell::Text(fund.to_string()),
            Cell::number(u64::from(account.0)),
            Cell::maybe(image.kind(account).map(ToString::to_string)),
            Cell::Text(held.posted.to_string()),
            Cell::Int(held.posted.0),
            Cell::Int(held.leaving.0),
            Cell::Int(held.arriving.0),
        ])?;
    }
    Ok(vec![transfers.finish()?, balances.finish()?])
}

fn transfers() -> Shape {
    Shape {
        path: "money/transfers".to_owned(),
        words: ["资金划转：每个阶段一行".to_owned(), "Transfers of money, one row a phase".to_owned()],
        columns: vec![
            Column::new("n", Kind::Int, "行号", "its number"),
            Column::new("seq", Kind::Int, "行为序号", "the act"),
            Column::new("at", Kind::Moment, "记录时刻", "when it was recorded"),
            Column::new(
                "phase",
                Kind::Text,
                "阶段：pending 待付，post 付讫，void 作废，direct 直接付讫",
                "pending, post, void or direct",
            ),
            Column::new("fund", Kind::Text, "资金", "the fund"),
            Column::new("debit", Kind::Int, "付方账户", "who gives"),
            Column::new("credit", Kind::Int, "收方账户", "who receives"),
            Column::new("amount", Kind::Yuan, "金额，元", "the amount in yuan"),
            Column::new("amount_fen", Kind::Int, "金额，分", "the amount in fen"),
            Column::new(
                "moved",
                Kind::Flag,
                "这一行是否动了余额（post 与 direct）",
                "whether this row moved balances (post and direct)",
            ),
            Column::new("settles", Kind::Int, "所结清的待付行", "the pending row it settles"),
            Column::new("settled_by", Kind::Int, "被哪一行结清", "the row that settled it"),
            Column::new("case", Kind::Int, "依据的办件", "the case that allows it"),
            Column::new("case_number", Kind::Text, "办件号", "the case's public number"),
            Column::new("rule", Kind::Text, "依据的规则或方案", "the rule or programme it follows"),
        ],
    }
}

fn balances() -> Shape {
    Shape {
        path: "money/balances".to_owned(),
        words: [
            "各资金各账户余额；每项资金余额合计为零".to_owned(),
            "Balances by fund and account; each fund's add up to nothing".to_owned(),
        ],
        columns: vec![
            Column::new("fund", Kind::Text, "资金", "the fund"),
            Column::new("account", Kind::Int, "账户（对象编号）", "the account, a subject"),
            Column::new("kind", Kind::Text, "账户的种类", "what kind of subject it is"),
            Column::new("posted", Kind::Yuan, "已付讫余额，元", "what is settled, in yuan"),
            Column::new("posted_fen", Kind::Int, "已付讫余额，分", "what is settled, in fen"),
            Column::new("leaving_fen", Kind::Int, "待付出，分", "what is on its way out, in fen"),
            Column::new("arriving_fen", Kind::Int, "待收入，分", "what is on its way in, in fen"),
        ],
    }
}
