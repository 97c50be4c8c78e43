//! Every test that comes in by the doors: stories over HTTP, the core's promises on every engine, the matrices of access,
//! the rules of the house. One binary, so that it links once.

mod access;
mod alarm;
mod asset;
mod behaviour;
mod case;
mod demonstration;
mod desk;
mod device;
mod finder;
mod flood;
mod form;
mod fuzz;
mod hostile;
mod notice;
mod notify;
mod oidc;
mod old;
mod page;
mod paper;
mod pay;
mod programme;
mod quality;
mod reconcile;
mod register;
mod resident;
mod rule;
mod settle;
mod staff;
mod table;
mod testing;
mod tidy;
mod travel;
mod watch;
mod zone;
