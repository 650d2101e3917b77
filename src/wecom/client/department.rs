//! Departments (doc paths 90205 to 90208, 95350, 95351).

use super::{Client, Done, invalid};
use crate::model::{Department, DepartmentId};
use crate::wecom::clients::Credential;
use crate::wecom::decode::DepartmentWire;
use crate::wecom::endpoint;
use crate::wecom::error::CallError;
use crate::wecom::requests::DepartmentWrite;
use crate::wecom::wire::U32;
use serde::Deserialize;

#[derive(Deserialize)]
struct Listed {
    department: Vec<DepartmentWire>,
}

#[derive(Deserialize)]
struct SimplyListed {
    department_id: Vec<DepartmentWire>,
}

#[derive(Deserialize)]
struct One {
    department: DepartmentWire,
}

#[derive(Deserialize)]
struct Created {
    #[serde(default)]
    id: Option<U32>,
}

fn below(department: Option<DepartmentId>) -> Vec<(&'static str, String)> {
    department.map(|id| ("id", id.to_string())).into_iter().collect()
}

impl Client {
    /// A department and everything below it with names, or everything visible. Parents may be missing when the
    /// visible range starts lower; the order is WeCom's.
    pub async fn department_list(
        &self,
        credential: &Credential,
        top: Option<DepartmentId>,
    ) -> Result<Vec<Department>, CallError> {
        let answer: Listed = self.get(credential, &endpoint::DEPARTMENT_LIST, below(top)).await?;
        Ok(answer.department.into_iter().map(DepartmentWire::into_model).collect())
    }

    /// The same without names and heads; the contacts secret may always call it.
    pub async fn department_simplelist(
        &self,
        credential: &Credential,
        top: Option<DepartmentId>,
    ) -> Result<Vec<Department>, CallError> {
        let answer: SimplyListed = self.get(credential, &endpoint::DEPARTMENT_SIMPLELIST, below(top)).await?;
        Ok(answer.department_id.into_iter().map(DepartmentWire::into_model).collect())
    }

    /// One department.
    pub async fn department_get(&self, credential: &Credential, id: DepartmentId) -> Result<Department, CallError> {
        let answer: One = self.get(credential, &endpoint::DEPARTMENT_GET, below(Some(id))).await?;
        Ok(answer.department.into_model())
    }

    /// Creates a department and returns its id: the chosen one, or WeCom's.
    pub async fn department_create(&self, write: &DepartmentWrite) -> Result<DepartmentId, CallError> {
        let endpoint = &endpoint::DEPARTMENT_CREATE;
        let body = self.dialect().department_create(write).map_err(invalid(endpoint))?;
        let answer: Created = self.post(&Credential::Contacts, endpoint, &body).await?;
        answer.id.map(|id| DepartmentId(id.0)).or(write.id).ok_or_else(|| {
            let cause = "the department was created, but the answer does not tell its id".to_owned();
            CallError::new(endpoint.name, crate::wecom::CallErrorKind::OutcomeUnknown { cause })
        })
    }

    /// Updates what the image holds; everything else stays.
    pub async fn department_update(&self, write: &DepartmentWrite) -> Result<(), CallError> {
        let endpoint = &endpoint::DEPARTMENT_UPDATE;
        let body = self.dialect().department_update(write).map_err(invalid(endpoint))?;
        let _: Done = self.post(&Credential::Contacts, endpoint, &body).await?;
        Ok(())
    }

    /// Deletes an empty department.
    pub async fn department_delete(&self, id: DepartmentId) -> Result<(), CallError> {
        let _: Done = self.get(&Credential::Contacts, &endpoint::DEPARTMENT_DELETE, below(Some(id))).await?;
        Ok(())
    }
}
