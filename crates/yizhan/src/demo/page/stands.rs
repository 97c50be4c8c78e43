//! Who deals with the register from the beginning: the treasury, a bank, councils, offices, enterprises that borrow, operate,
//! build and supply, the teams of doctors.

use super::targets::Targets;
use crate::demo::{Entry, Maker, acting, commit, team};
use std::collections::BTreeMap;
use yizhan_core::access::Viewer;
use yizhan_core::catalog::Level;
use yizhan_core::row::SubjectId;
use yizhan_core::writer::Writer;
use yizhan_kit::Moment;
use yizhan_kit::codes::RegionCode;

/// Who they are.
pub(super) struct Stands {
    pub bank: SubjectId,
    /// Those who borrow, each where it lies.
    pub borrowers: Vec<(SubjectId, RegionCode)>,
    /// Those who operate assets, each where it lies.
    pub operators: Vec<(SubjectId, RegionCode)>,
    pub contractor: SubjectId,
    pub supplier: SubjectId,
    /// The office of each township that watches over assets.
    pub offices: BTreeMap<RegionCode, SubjectId>,
    /// The collective of each village.
    pub collectives: BTreeMap<RegionCode, SubjectId>,
    pub teams: Vec<SubjectId>,
}

/// What those who borrow make.
const TRADES: [&str; 6] = ["饲料", "面粉", "蔬菜", "服装", "果品", "木业"];

/// What those who operate assets do.
const OPERATORS: [&str; 6] =
    ["葡萄种植合作社", "瓜菜种植合作社", "樱桃园有限公司", "构树科技有限公司", "光伏发电有限公司", "畜禽养殖合作社"];

/// How many operators there are in each township.
const OPERATING: usize = 3;

impl Stands {
    /// An operator of the township in which a village lies: what it pays, the township books.
    pub(super) fn operator(&self, village: RegionCode, n: usize) -> Option<SubjectId> {
        let near = self.operators.iter().filter(|(_, at)| at.parent() == village.parent());
        let near: Vec<SubjectId> = near.map(|(operator, _)| *operator).collect();
        near.get(n % near.len().max(1)).copied()
    }
}

/// Records all of them.
///
/// # Errors
/// The refusal.
pub(super) fn make(
    writer: &mut Writer,
    maker: &Maker<'_>,
    targets: &Targets,
    (now, hall): (Moment, SubjectId),
) -> Result<Stands, String> {
    let district = maker.catalog.regions.root().code;
    let villages = &maker.villages;
    let mut entries: Vec<Entry> = vec![maker.treasury().ok_or("the zone has no district to pay anybody")?];
    entries.push(maker.site("bank", district, "农村商业银行"));
    let enterprise = |n: usize, area: RegionCode, called: &str| {
        let mut entry = maker.site("enterprise", area, called);
        maker.coded(&mut entry, "91", 30_000_000 + n);
        entry.is("leading", false);
        entry
    };
    let borrowing = targets.number("F012")?;
    // Where people on the register live.
    let lived = villages.len().min(targets.number("F041")?);
    let place = |n: usize, of: usize| villages[n * lived / of.max(1)];
    for n in 0..borrowing {
        entries.push(enterprise(n, place(n, borrowing), &format!("{}有限公司", TRADES[n % TRADES.len()])));
    }
    let townships = maker.catalog.regions.all().filter(|region| region.level == Level::Township);
    let townships: Vec<RegionCode> = townships.map(|region| region.code).collect();
    // Some in each township, which books what they pay.
    let operating: Vec<RegionCode> = townships
        .iter()
        .flat_map(|township| villages.iter().filter(move |village| village.parent() == Some(*township)).take(OPERATING))
        .copied()
        .collect();
    for (n, area) in operating.iter().enumerate() {
        entries.push(enterprise(500 + n, *area, OPERATORS[n % OPERATORS.len()]));
    }
    entries.push(enterprise(600, villages[0], "建设工程有限公司"));
    entries.push(enterprise(601, villages[1 % villages.len()], "物资供应有限公司"));
    entries.extend(townships.iter().map(|area| maker.site("agency", *area, "农业农村办公室")));
    entries.extend(villages.iter().map(|area| maker.site("filial-council", *area, "孝善理事会")));
    for n in 0..targets.number("F102")? {
        let mut entry = Entry::new("device", now.day());
        entry.is("hall", hall);
        entry.is("name", format_args!("双屏自助终端{}号", n + 1));
        entry.is("screens", targets.number("F103")?);
        entry.is("cameras", targets.number("F104")?);
        entries.push(entry);
    }
    let mailed = targets.number("F100")?;
    if mailed > 0 {
        let mut stock = Entry::new("invoice-stock", now.day());
        stock.is("area", district);
        stock.is("kind", "ordinary");
        stock.is("code", "990102100103");
        stock.is("first", 1);
        stock.is("last", mailed);
        entries.push(stock);
    }
    let acts = entries.into_iter().map(|entry| acting(entry.add(None, Vec::new())));
    let ids = commit(writer, now, acts.collect())?;
    let mut ids = ids.into_iter();
    let mut next = || ids.next().ok_or_else(|| "fewer were recorded than there are".to_owned());
    let (_, bank) = (next()?, next()?);
    let borrowers: Result<Vec<_>, String> = (0..borrowing).map(|n| Ok((next()?, place(n, borrowing)))).collect();
    let operators: Result<Vec<_>, String> = operating.iter().map(|area| Ok((next()?, *area))).collect();
    let (contractor, supplier) = (next()?, next()?);
    let offices: Result<BTreeMap<_, _>, String> = townships.iter().map(|area| Ok((*area, next()?))).collect();
    let teams = team::teams(writer, maker, targets.number("F040")?)?;
    let program = Viewer::program();
    let seen = program.look(writer.image());
    let collectives = seen.subjects_of("collective").filter_map(|one| Some((seen.place_of(one)?, one)));
    Ok(Stands {
        bank,
        borrowers: borrowers?,
        operators: operators?,
        contractor,
        supplier,
        offices: offices?,
        collectives: collectives.collect(),
        teams,
    })
}
