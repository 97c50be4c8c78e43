//! Bills seen through the gate: a slip is seen by whoever sees its case. What a bill would come to is told to the desk that
//! may settle it, though the account of the year rests on bills of other hospitals: the sums decide, nobody is named.

use super::{Deed, Seen};
use crate::catalog::Settles;
use crate::image::case::CaseHead;
use crate::problem;
use crate::row::SubjectId;
use crate::service::{self, Asked, Change, Linked, Reckoned, Stands};
use crate::settlement::{Account, Entry, Kept, Policy, book};
use std::sync::Arc;
use yizhan_kit::{Day, Problem};

/// The person's year so far, in sums.
pub struct YearSoFar {
    /// The policy.
    pub policy: Arc<Policy>,
    /// The category on the day.
    pub category: u8,
    /// The account.
    pub account: Account,
}

impl<'a> Seen<'a> {
    /// The slip of a case.
    pub fn slip(&self, case: SubjectId) -> Option<&'a Entry> {
        self.case(case).ok()?;
        self.image().book.of(case)
    }

    /// Every slip that the viewer sees, by person and year, each year in the order in which it was settled.
    pub fn slips(&self) -> impl Iterator<Item = &'a Entry> + 'a {
        let seen = *self;
        self.image().book.years().flatten().filter(move |entry| seen.case(entry.case).is_ok())
    }

    /// The cases about a person that settle bills, in order.
    pub fn bills_about(&self, person: SubjectId) -> impl Iterator<Item = &'a CaseHead> + 'a {
        let seen = *self;
        self.image().book.about(person).iter().filter_map(move |case| seen.case(*case).ok())
    }

    /// How a case settles bills.
    ///
    /// # Errors
    /// `case-not-found`; `not-found` for a case that settles none.
    pub fn settles(&self, case: SubjectId) -> Result<(&'a CaseHead, &'a Settles), Problem> {
        let case = self.case(case)?;
        let settles = self.image().service(case).settles.as_ref();
        settles
            .map(|settles| (case, settles))
            .ok_or_else(|| problem::NOT_FOUND.problem("这个办件不结算账单。", "This case settles no bill."))
    }

    /// What a bill of a case would come to, were it settled now.
    ///
    /// # Errors
    /// As settling it.
    pub fn reckon(&self, case: SubjectId, asked: &Asked) -> Result<Reckoned, Problem> {
        let (case, settles) = self.settles(case)?;
        self.viewer().must(Deed::TakeStep)?;
        service::reckon(self.image(), &service::about(self.image(), case, settles)?, asked)
    }

    /// Whose bill a case settles, and where.
    ///
    /// # Errors
    /// As [`Seen::settles`].
    pub fn patient(&self, case: SubjectId) -> Result<service::About, Problem> {
        let (case, settles) = self.settles(case)?;
        service::about(self.image(), case, settles)
    }

    /// The account before a slip, for whoever tells why it came to what it did.
    pub fn before(&self, policy: &Policy, entry: &Entry) -> Account {
        book::account(policy, service::before(self.image(), entry))
    }

    /// The transfers of a slip, with what stands of each.
    ///
    /// # Errors
    /// `no-policy`, `no-payer`.
    pub fn moved(&self, entry: &Entry) -> Result<Vec<(Linked, Stands)>, Problem> {
        let (_, settles) = self.settles(entry.case)?;
        let policy = self.policy(&entry.kept)?;
        let links = service::links(self.image(), settles, policy, &entry.kept)?.into_iter();
        Ok(links
            .map(|linked| {
                let stands = service::stands(self.image(), entry.case, &linked.link);
                (linked, stands)
            })
            .collect())
    }

    /// The policy of a slip.
    ///
    /// # Errors
    /// `no-policy`.
    pub fn policy(&self, kept: &Kept) -> Result<&'a Arc<Policy>, Problem> {
        self.image()
            .policy(&kept.policy)
            .ok_or_else(|| problem::NO_POLICY.problem("目录里没有这项政策。", "No catalog has this policy."))
    }

    /// A person's year so far by the policy of a day: their category then and the sums, for whoever has business with them.
    ///
    /// # Errors
    /// `not-found`, `no-policy`.
    pub fn year_so_far(&self, person: SubjectId, day: Day) -> Result<YearSoFar, Problem> {
        let image = self.image();
        if self.place_of(person).is_none() {
            return Err(problem::NOT_FOUND.problem("没有找到此人。", "This person is not there."));
        }
        let catalog = image.catalog().expect("a zone with people has a catalog");
        let policy = service::policy_on(catalog, day)?.clone();
        let category = service::category(image, &policy, person, day);
        let account = book::account(&policy, image.book.year(person, day.ymd().0));
        Ok(YearSoFar { policy, category, account })
    }

    /// The bills of a person's year that come to something else by what the register says now, for whoever has business with
    /// the person.
    ///
    /// # Errors
    /// `no-policy`.
    pub fn changed(&self, person: SubjectId, year: i32) -> Result<Vec<Change>, Problem> {
        if self.place_of(person).is_none() {
            return Ok(Vec::new());
        }
        service::again(self.image(), person, year)
    }

    /// The account that pays for a payer of policies.
    pub fn payer(&self, attribute: &str, payer: &str) -> Option<SubjectId> {
        service::payer_of(self.image(), attribute, payer)
    }
}
