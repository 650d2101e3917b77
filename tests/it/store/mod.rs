//! The store from outside: durability, isolation, care of the file, refusals.

mod arrived;
mod audit;
mod backup;
mod crash;
mod damage;
mod full;
mod group;
mod inbox;
mod keys;
mod load;
mod outbox;
mod repositories;
mod revisions;
mod schema;
mod support;
mod wal;
mod work;
