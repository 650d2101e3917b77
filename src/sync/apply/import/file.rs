//! One file of an import: who is in it, what is noted before it is handed over, and what follows when it is not taken.

use super::{Next, UNSURE_MAX, put_back, row};
use crate::model::{JournalEntry, MemberImage, UserId};
use crate::store;
use crate::sync::apply::present::Now;
use crate::sync::apply::{Runner, linked};
use crate::sync::budget::import::FILE_ROWS;
use crate::sync::error::SyncError;
use crate::sync::facts::{self, ImportUnderWay};
use crate::wecom::batch_csv::{self, CsvRefused};
use crate::wecom::{CallError, Credential, ImportJob, Media, MediaKind, RefusalClass};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What was known of a record before.
type Former = (u32, Option<JournalEntry>);

/// Why a file is not handed over.
enum Hindered {
    /// The settings forbid it.
    Halted(String),
    /// A person has linked somebody of it meanwhile: each record is judged by itself.
    Linked,
}

impl Runner {
    /// Takes the next file's records out of `left`, and those that are there already although their outcome is not
    /// known. Who is there without our doing, and whose department is not there, is left to a call of its own, which is
    /// refused for the right reason: an import would write over the one and put the other somewhere else.
    pub(super) fn next_file(&self, left: &mut VecDeque<usize>, now: &Now) -> (Vec<usize>, Vec<usize>) {
        let (mut file, mut found, mut rest) = (Vec::new(), Vec::new(), VecDeque::new());
        let mut invites = None;
        for index in left.drain(..) {
            let change = &self.changes[index];
            let Some(row) = row(change) else { continue };
            if now.members.contains_key(&row.userid.folded()) {
                if self.ledger.is_uncertain(change) {
                    found.push(index);
                }
            } else if row.after.memberships.iter().flatten().all(|m| now.departments.contains_key(&m.department)) {
                if file.len() < FILE_ROWS && *invites.get_or_insert(row.invite) == row.invite {
                    file.push(index);
                } else {
                    rest.push_back(index);
                }
            }
        }
        *left = rest;
        (file, found)
    }

    /// The bytes of a file; what is too much for one goes back. `None` = these records go one by one.
    pub(super) fn write_file(&self, file: &mut Vec<usize>, left: &mut VecDeque<usize>) -> Option<Vec<u8>> {
        loop {
            let rows = file.iter().filter_map(|index| row(&self.changes[*index]));
            let rows: Vec<(&UserId, &MemberImage)> = rows.map(|row| (row.userid, row.after)).collect();
            match batch_csv::members(&rows) {
                Ok(bytes) => return Some(bytes),
                Err(CsvRefused::TooLarge(_)) if file.len() > 1 => {
                    put_back(left, file.split_off(file.len() / 2));
                }
                Err(_) => return None,
            }
        }
    }

    /// One file from its upload to the outcomes of its records. `now` is the look before it.
    pub(super) async fn import_file(&mut self, file: &[usize], csv: Vec<u8>, now: Now) -> Result<Next, SyncError> {
        let media = match self.upload(csv.into()).await {
            Ok(media) => media,
            Err(error) => {
                self.note_trouble(error);
                return Ok(Next::OneByOne);
            }
        };
        let to_invite = file.first().and_then(|index| row(&self.changes[*index])).is_some_and(|row| row.invite);
        let since_ms = self.env.clock.now_ms();
        let Some(former) = self.note_file(file, since_ms).await? else { return Ok(Next::OneByOne) };
        let job = ImportJob { media_id: media.media_id, to_invite, callback: None };
        let error = match self.hands.client.batch_syncuser(&job).await {
            Ok(job) => {
                self.remember_import(Some(job.0.clone()), since_ms).await?;
                return self.follow(&job, since_ms, file, now).await;
            }
            Err(error) => error,
        };
        if error.is_outcome_unknown() || error.class() == Some(&RefusalClass::Busy) {
            return Ok(Next::Unsure(error));
        }
        self.take_back_file(former).await?;
        if error.class() == Some(&RefusalClass::Conflict) {
            return Ok(Next::Occupied);
        }
        self.note_trouble(error);
        Ok(Next::OneByOne)
    }

    /// A file that nobody uses expires by itself, so an upload without an answer is repeated.
    async fn upload(&self, csv: Bytes) -> Result<Media, CallError> {
        let mut tries = 0;
        loop {
            let client = &self.hands.client;
            match client.media_upload(&Credential::Contacts, MediaKind::File, "import-members.csv", csv.clone()).await {
                Err(error) if error.is_outcome_unknown() && tries < UNSURE_MAX => {
                    tries += 1;
                    self.pause(Duration::from_millis(200 << tries)).await;
                }
                answer => return answer,
            }
        }
    }

    /// Notes every record of a file as intended, and that a file is about to be handed over, in one commit, if the
    /// settings still allow it and nobody has linked one of them meanwhile. Answers what was known of the records before;
    /// `None` = it is not handed over.
    async fn note_file(&mut self, file: &[usize], since_ms: i64) -> Result<Option<Vec<Former>>, SyncError> {
        let former: Vec<Former> = file
            .iter()
            .map(|index| (self.changes[*index].seq, self.ledger.entry(self.changes[*index].seq).cloned()))
            .collect();
        let entries: Vec<JournalEntry> =
            file.iter().map(|index| self.ledger.intend(&self.changes[*index], since_ms)).collect();
        let under_way = ImportUnderWay { run: self.ledger.run.id.clone(), job: None, since_ms };
        let (permit, corp, noted) = (self.permit.clone(), self.corp.key.clone(), under_way.clone());
        let (changes, rows) = (Arc::clone(&self.changes), file.to_vec());
        let hindered = self
            .env
            .store
            .write(move |tx| {
                if let Some(why) = permit.refusal(tx)? {
                    return Ok(Some(Hindered::Halted(why)));
                }
                for index in &rows {
                    if linked::refusal(tx, &corp, &changes[*index].action)?.is_some() {
                        return Ok(Some(Hindered::Linked));
                    }
                }
                store::runs::put_entries(tx, &noted.run, &entries)?;
                facts::change(tx, &corp, |memory| {
                    // a thousand records may be written before the first outcome is known
                    memory.note_write(&noted.run);
                    memory.import = Some(noted.clone());
                })?;
                Ok(None)
            })
            .await?;
        let Some(hindered) = hindered else {
            self.under_way = Some(under_way);
            return Ok(Some(former));
        };
        for (seq, former) in former {
            self.ledger.withdraw(seq, former);
        }
        if let Hindered::Halted(why) = hindered {
            self.halt(why);
        }
        Ok(None)
    }

    /// WeCom has certainly not taken the file: its records are as they were before.
    async fn take_back_file(&mut self, former: Vec<Former>) -> Result<(), SyncError> {
        for (seq, former) in former {
            if former.is_none() {
                self.untried.push(seq);
            }
            self.ledger.withdraw(seq, former);
        }
        self.flush().await?;
        self.forget_import().await
    }
}
