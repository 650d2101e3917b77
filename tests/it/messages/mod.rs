//! Messages out, against the sandbox: every recipient gets what was posted, once, and the log says the truth.

mod accept;
mod deliver;
mod digests;
mod faults;
mod kill;
mod kill_large;
mod other_wecom;
mod recall;
mod redrive;
mod times;
mod world;
