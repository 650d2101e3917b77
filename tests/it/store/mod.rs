//! The store from outside: durability, isolation, care of the file, refusals.

mod arrived;
mod audit;
mod backup;
mod crash;
mod damage;
mod full;
mod group;
mod keys;
mod load;
mod repositories;
mod revisions;
mod schema;
mod support;
mod wal;
mod work;
