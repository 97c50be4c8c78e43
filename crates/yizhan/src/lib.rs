//! yizhan (一站): one-stop, contactless public service for a district. One program, one zone, one journal.
//!
//! The rooms of the house, as a library, so that the tests stand outside it and come in by the doors that everyone uses.

pub mod answer;
pub mod app;
pub mod asset;
pub mod audit;
pub mod behaviour;
pub mod bench;
pub mod calculator;
pub mod case;
pub mod cashier;
pub mod command;
pub mod config;
pub mod demo;
pub mod demonstration;
pub mod desk;
pub mod device;
pub mod finder;
pub mod flood;
pub mod guide;
pub mod hospital;
pub mod inside;
pub mod notice;
pub mod operate;
pub mod paper;
pub mod pay;
pub mod reconcile;
pub mod register;
pub mod resident;
pub mod routes;
pub mod serve;
pub mod settle;
pub mod sheet;
pub mod simulate;
pub mod staff;
pub mod store;
pub mod table;
pub mod travel;
pub mod voice;
pub mod web;
pub mod who;
