//! What is read from the store row by row, without a snapshot: person cards, cases, statistics; and who may export now.

use super::{Views, aside};
use crate::browse::error::BrowseError;
use crate::browse::mirror::CaseRow;
use crate::browse::people::{self, HistoryPage, PersonCard, PersonChanges};
use crate::browse::stats::{self, CorpStats, Overview, Span};
use crate::jobs::Jobs;
use crate::model::{CorpKey, EmployeeId, RunId, TenantKey, UserId};
use crate::store;
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

impl Views {
    /// Everything about one person, with the latest `history` changes; `None` when the directory does not have the person.
    pub async fn person(
        &self,
        tenant: &TenantKey,
        id: &EmployeeId,
        history: usize,
    ) -> Result<Option<PersonCard>, BrowseError> {
        let (tenant, id) = (tenant.clone(), id.clone());
        Ok(self.0.store.read_async(move |tx| people::card(tx, &tenant, &id, history)).await?)
    }

    /// An older page of what changed about a person; `before` is [`HistoryPage::older`].
    pub async fn person_history(
        &self,
        tenant: &TenantKey,
        id: &EmployeeId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<HistoryPage, BrowseError> {
        let (tenant, id) = (tenant.clone(), id.clone());
        Ok(self.0.store.read_async(move |tx| people::history(tx, &tenant, &id, before, limit)).await?)
    }

    /// What the runs of a corp did about a person; `before` is [`PersonChanges::older`].
    pub async fn person_changes(
        &self,
        corp: &CorpKey,
        id: &EmployeeId,
        before: Option<&RunId>,
    ) -> Result<PersonChanges, BrowseError> {
        let (corp, id, before) = (corp.clone(), id.clone(), before.cloned());
        Ok(self.0.store.read_async(move |tx| people::changes(tx, &corp, &id, before.as_ref())).await?)
    }

    /// Which person a member is linked with; case of the userid is ignored.
    pub async fn person_of(&self, corp: &CorpKey, userid: &UserId) -> Result<Option<EmployeeId>, BrowseError> {
        let (corp, userid) = (corp.clone(), userid.clone());
        Ok(self.0.store.read_async(move |tx| people::employee_of(tx, &corp, &userid)).await?)
    }

    /// The cases that the match rules could not decide, with what is known about their people and members.
    pub async fn cases(&self, corp: &CorpKey) -> Result<Vec<CaseRow>, BrowseError> {
        let view = self.mirror_view(corp).await?;
        let (store, corp) = (self.0.store.clone(), corp.clone());
        aside(move || {
            let cases = store.read(|tx| store::resolve::list(tx, &corp))?;
            Ok(cases.iter().map(|case| view.case(case)).collect())
        })
        .await
    }

    /// What one corp's runs did in the last days (today included, 1 to 366), what waits, what failed. Days begin at
    /// midnight of `zone`.
    ///
    /// # Errors
    /// [`BrowseError::NoCorp`].
    pub async fn stats(&self, corp: &CorpKey, days: u32, zone: Tz) -> Result<CorpStats, BrowseError> {
        let (key, span) = (corp.clone(), Span { now_ms: self.0.clock.now_ms(), days, zone });
        let found = self.0.store.read_async(move |tx| {
            let corp = store::corps::find(tx, &key)?;
            corp.map(|corp| stats::of_corp(tx, &corp, span)).transpose()
        });
        found.await?.ok_or_else(|| BrowseError::NoCorp(corp.clone()))
    }

    /// [`Views::stats`] of all corps, with their schedules and quotas.
    pub async fn overview(&self, jobs: &Jobs, days: u32, zone: Tz) -> Result<Overview, BrowseError> {
        let span = Span { now_ms: self.0.clock.now_ms(), days, zone };
        let corps = self.0.store.read_async(move |tx| {
            let corps = store::corps::list(tx)?;
            corps.iter().map(|corp| stats::of_corp(tx, corp, span)).collect()
        });
        let (corps, schedules) = (corps.await?, jobs.schedules().await?);
        Ok(Overview { corps, schedules, quotas: jobs.env().clients.quotas() })
    }

    /// The right to write one export; given back when dropped.
    pub(in crate::browse) async fn export_place(&self) -> Result<OwnedSemaphorePermit, BrowseError> {
        let places = Arc::clone(&self.0.exports);
        places.acquire_owned().await.map_err(|closed| BrowseError::Bug(closed.to_string()))
    }

    /// The folder of the store's file.
    pub(in crate::browse) fn folder(&self) -> PathBuf {
        self.0.store.path().parent().map(Path::to_owned).unwrap_or_default()
    }
}
