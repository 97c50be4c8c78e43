//! The tables of evidence, row by row as they are hashed.

use super::table::{Cell, Column, Format, Kind, Shape, Table};
use std::path::Path;
use yizhan_core::row::{BodyRow, FactRow, JournalRow, OutboxRow, StepRow, SubjectRow, TransferRow};
use yizhan_core::row::{CellWriter, Record, Rows, Type};
use yizhan_core::waist::ReadError;
use yizhan_core::waist::Reader;
use yizhan_core::waist::load::{Depth, every_act_until};

/// What each table says, in Chinese and English.
const TABLES: [(&str, &str, &str); 7] = [
    (
        "journal",
        "日志：每个行为一条，后一条锁住前一条",
        "the journal: one record for every act, each chained to the one before",
    ),
    (
        "subject",
        "对象：人、户、村、企业、资产等（办件的编号在 step 里）",
        "subjects: people, households, villages, companies, assets (cases are numbered in step)",
    ),
    (
        "fact",
        "事实：何时起至何时是怎样，后记的更正先记的",
        "facts: what was true from when to when; a later one corrects an earlier one",
    ),
    ("step", "办件的每一步", "the steps of cases"),
    ("transfer", "每一笔资金划转的各个阶段", "transfers of money, phase by phase"),
    ("body", "密封的答卷与材料，以及公开的事项目录", "sealed answers and papers, and catalogs, which are public"),
    ("outbox", "要发出的消息（密封）", "messages to deliver, sealed"),
];

/// What each column says, in Chinese and English.
const COLUMNS: [(&str, &str, &str); 33] = [
    ("seq", "行为序号", "the act's number"),
    ("n", "行号", "the row's number"),
    ("v", "行的格式版本", "the version of the row's format"),
    ("at", "记录时刻，1970-01-01T00:00Z 起的毫秒数", "when it was recorded, in milliseconds since 1970-01-01T00:00Z"),
    (
        "actor",
        "谁做的：system、resident、holder:办件、staff:编号",
        "who did it: system, resident, holder:CASE, staff:NUMBER",
    ),
    ("verb", "做了什么", "what was done"),
    ("request_key", "防重编号的摘要", "the digest of the idempotency key"),
    ("request", "请求的摘要", "the digest of the request"),
    ("catalog", "当时采用的第几版目录", "the adopted catalog it was decided under, by number"),
    ("about", "所涉对象", "the subject it is about"),
    ("keys", "至此生成的最后一把密钥", "the last key made up to this act"),
    ("last_body", "至此最后一份密封内容的行号", "the last body's number up to this act"),
    ("bodies", "这个行为的密封内容的散列", "the hash over the act's bodies"),
    ("hash", "链上的散列", "the chained hash"),
    ("kind", "种类", "its kind"),
    ("subject", "对象编号", "the subject's number"),
    ("attribute", "属性名", "the attribute"),
    ("value", "值；空为密封或撤回", "its value; empty when sealed or retracted"),
    ("sealed", "密封的字节", "sealed bytes"),
    ("key", "所用密钥的编号", "the key it is sealed under"),
    ("true_from", "从哪天起，1970-01-01 起的天数", "the first day it holds, in days since 1970-01-01"),
    ("true_to", "到哪天为止（不含）", "the first day it holds no longer"),
    ("before", "同一对象的上一行", "the row before it about the same subject"),
    ("source", "来源", "where it comes from"),
    ("name", "事项、步骤或记录的名称", "the name of the service, step or entry"),
    ("area", "经办地区的十二位代码", "the area's twelve digits"),
    ("body", "所附密封内容的行号", "the body that came with it"),
    ("phase", "阶段：pending 待付，post 付讫，void 作废，direct 直接付讫", "its phase: pending, post, void or direct"),
    ("pending", "所结清的待付行", "the pending row it settles"),
    ("fund", "资金", "the fund"),
    ("debit", "付方账户（对象编号）", "who gives, a subject"),
    ("credit", "收方账户（对象编号）", "who receives, a subject"),
    ("amount_fen", "金额，分", "the amount in fen"),
];

const OTHERS: [(&str, &str, &str); 2] =
    [("rule", "依据的规则或方案", "the rule or programme it follows"), ("payload", "密封的内容", "the sealed content")];

/// Columns that hold hashes and digests, which are written in hexadecimal; other bytes are in base64.
const HASHES: [&str; 4] = ["hash", "bodies", "request_key", "request"];

fn shape<R: Record>() -> Shape {
    let (_, zh, en) = TABLES.iter().find(|(name, ..)| *name == R::TABLE.name).expect("every table has words");
    let column = |column: &yizhan_core::row::Column| {
        let words = COLUMNS.iter().chain(&OTHERS).find(|(name, ..)| *name == column.name);
        let (name, zh, en) = words.expect("every column has words");
        let kind = match column.kind {
            Type::Int => Kind::Int,
            Type::Text => Kind::Text,
            Type::Blob if HASHES.contains(name) => Kind::Hex,
            Type::Blob => Kind::Bytes,
        };
        Column::new(name, kind, zh, en)
    };
    Shape {
        path: format!("evidence/{}", R::TABLE.name),
        words: [(*zh).to_owned(), (*en).to_owned()],
        columns: R::TABLE.columns.iter().map(column).collect(),
    }
}

/// The cells of a row, in the order of its columns.
struct Row {
    hashes: Vec<bool>,
    cells: Vec<Cell>,
}

impl CellWriter for Row {
    fn int(&mut self, value: i64) {
        self.cells.push(Cell::Int(value));
    }
    fn text(&mut self, value: &str) {
        self.cells.push(Cell::Text(value.to_owned()));
    }
    fn blob(&mut self, value: &[u8]) {
        let hash = self.hashes.get(self.cells.len()).copied().unwrap_or(false);
        self.cells.push(if hash { Cell::Hex(value.to_vec()) } else { Cell::Bytes(value.to_vec()) });
    }
    fn none(&mut self, _: Type) {
        self.cells.push(Cell::None);
    }
}

/// One table as it is written.
struct Writing {
    table: Table,
    hashes: Vec<bool>,
}

impl Writing {
    fn create<R: Record>(folder: &Path, format: Format) -> Result<Self, Broken> {
        let hashes = R::TABLE.columns.iter().map(|column| HASHES.contains(&column.name)).collect();
        Ok(Self { table: Table::create(folder, shape::<R>(), format)?, hashes })
    }

    fn add<R: Record>(&mut self, rows: &[R]) -> Result<(), Broken> {
        for row in rows {
            let mut cells = Row { hashes: std::mem::take(&mut self.hashes), cells: Vec::with_capacity(13) };
            row.write(&mut cells);
            self.hashes = cells.hashes;
            self.table.row(cells.cells)?;
        }
        Ok(())
    }
}

/// Ends the reading with a message.
struct Broken(String);

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Writes every table of evidence up to an act.
///
/// # Errors
/// What cannot be read or written.
pub fn write(reader: &Reader, last: u64, folder: &Path, format: Format) -> Result<Vec<(Shape, u64)>, String> {
    all(reader, last, folder, format).map_err(|Broken(what)| what)
}

fn all(reader: &Reader, last: u64, folder: &Path, format: Format) -> Result<Vec<(Shape, u64)>, Broken> {
    let mut journal = Writing::create::<JournalRow>(folder, format)?;
    let mut subject = Writing::create::<SubjectRow>(folder, format)?;
    let mut fact = Writing::create::<FactRow>(folder, format)?;
    let mut step = Writing::create::<StepRow>(folder, format)?;
    let mut transfer = Writing::create::<TransferRow>(folder, format)?;
    let mut body = Writing::create::<BodyRow>(folder, format)?;
    let mut outbox = Writing::create::<OutboxRow>(folder, format)?;
    every_act_until(reader, Depth::Bodies, last, |act: Rows| {
        journal.add(&act.journal)?;
        subject.add(&act.subjects)?;
        fact.add(&act.facts)?;
        step.add(&act.steps)?;
        transfer.add(&act.transfers)?;
        body.add(&act.bodies)?;
        outbox.add(&act.outbox)
    })?;
    let tables = [journal, subject, fact, step, transfer, body, outbox];
    tables.into_iter().map(|one| Ok(one.table.finish()?)).collect()
}
