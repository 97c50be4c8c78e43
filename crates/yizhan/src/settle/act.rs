//! The book of one run: whose bill each line was, and what it came to.

use super::rule::{self, Asked};
use std::collections::HashMap;
use yizhan_core::settlement::{Account, Bill, Cancelled, Person, Policy, Settled};
use yizhan_kit::Problem;

/// What a line came to.
#[derive(Debug)]
pub enum Answer {
    /// It was blank.
    Nothing,
    /// A bill, and the account before it.
    Bill(Settled, Account),
    /// A cancellation.
    Cancelled(Cancelled),
    /// It changed nothing.
    Refused(Problem),
}

/// Which order the bills of a person have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// That of discharge: an earlier one is refused.
    ByDischarge,
    /// That in which they come.
    AsSettled,
}

/// The persons and the lines so far.
pub struct Book<'p> {
    policy: &'p Policy,
    order: Order,
    places: HashMap<String, usize>,
    persons: Vec<Person>,
    lines: Vec<Line>,
}

/// What became of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// It is no bill that was accepted.
    NoBill,
    /// A bill of the person at this place.
    Bill(usize),
    /// A bill that was cancelled.
    Cancelled,
}

impl<'p> Book<'p> {
    /// An empty book.
    pub fn new(policy: &'p Policy, order: Order) -> Self {
        Self { policy, order, places: HashMap::new(), persons: Vec::new(), lines: Vec::new() }
    }

    /// Takes the next line.
    pub fn take(&mut self, line: &[u8]) -> Answer {
        self.lines.push(Line::NoBill);
        if line.iter().all(u8::is_ascii_whitespace) && !super::is_too_long(line) {
            return Answer::Nothing;
        }
        let asked = if super::is_too_long(line) {
            Err(rule::BAD_JSON.problem("超过 1 MB", "a line of more than 1 MB"))
        } else {
            rule::read(self.policy, line)
        };
        let done = match asked {
            Ok(Asked::Bill(person, bill)) => self.settle(person, bill),
            Ok(Asked::Cancel(line)) => self.cancel(line),
            Err(problem) => Err(problem),
        };
        done.unwrap_or_else(Answer::Refused)
    }

    fn settle(&mut self, name: String, bill: Bill) -> Result<Answer, Problem> {
        let place = match self.places.get(&name) {
            Some(place) => *place,
            None => {
                self.persons.push(Person::default());
                self.places.insert(name, self.persons.len() - 1);
                self.persons.len() - 1
            }
        };
        let line = self.lines.len() as u64;
        let (person, table) = (&mut self.persons[place], &self.policy.table);
        let settled = match self.order {
            Order::ByDischarge => person.settle(table, line, bill),
            Order::AsSettled => Ok(person.settle_next(table, line, bill)),
        };
        match settled {
            Ok((settled, before)) => {
                *self.lines.last_mut().expect("the line was taken") = Line::Bill(place);
                Ok(Answer::Bill(settled, before))
            }
            Err(last) => Err(rule::OUT_OF_ORDER.problem(
                format!("出院 {} 早于此人上一张账单的 {}", bill.discharged, last.0),
                format!("discharged on {}, before the person's last bill in force of {}", bill.discharged, last.0),
            )),
        }
    }

    fn cancel(&mut self, line: Option<u64>) -> Result<Answer, Problem> {
        let place = line.and_then(|line| usize::try_from(line.checked_sub(1)?).ok());
        let found = place.and_then(|place| self.lines.get_mut(place));
        match (found, line) {
            (Some(found @ Line::Bill(_)), Some(line)) => {
                let Line::Bill(person) = *found else { unreachable!("just matched") };
                *found = Line::Cancelled;
                let cancelled = self.persons[person].cancel(&self.policy.table, line);
                Ok(Answer::Cancelled(cancelled.expect("a bill that is not cancelled is in force")))
            }
            (Some(Line::Cancelled), Some(line)) => Err(rule::ALREADY_CANCELLED
                .problem(format!("第 {line} 行已经撤销"), format!("line {line} was cancelled before"))),
            (_, Some(line)) => Err(rule::NO_SUCH_BILL
                .problem(format!("第 {line} 行不是已受理的账单"), format!("line {line} is no bill that was accepted"))),
            (_, None) => {
                Err(rule::NO_SUCH_BILL.problem("没有这样的行号", "no line has such a number; lines count from 1"))
            }
        }
    }
}
