//! Asynchronous work: uploads, imports, exports (contract, sections 5 and 6).

use super::tag::Tagged;
use super::{Client, invalid};
use crate::model::{Department, DepartmentId, Member, UserId};
use crate::wecom::Refusal;
use crate::wecom::answers::{ExportFile, ExportState, ImportRow, ImportState, JobId, Media, TagContent};
use crate::wecom::clients::Credential;
use crate::wecom::decode::{DepartmentWire, MemberWire, distinct};
use crate::wecom::endpoint::{self, Endpoint};
use crate::wecom::error::{CallError, CallErrorKind};
use crate::wecom::export_file::{self, ExportKey};
use crate::wecom::requests::{EXPORT_BLOCK_MAX, ImportJob, MediaKind};
use crate::wecom::transport::Body;
use crate::wecom::wire::{Int, Str, U32, U64};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every uploaded file must be longer (doc path 90253).
const UPLOAD_MIN_BYTES: usize = 6;
/// The largest image of an mpnews (doc path 90256).
const PAGE_IMAGE_MAX_BYTES: usize = 2 << 20;
/// The largest encrypted export file that is taken into memory.
const EXPORT_MAX_BYTES: u64 = 512 << 20;
/// `status` of a finished import (doc path 90983).
const IMPORT_FINISHED: i64 = 3;

#[derive(Deserialize)]
struct Uploaded {
    media_id: String,
    #[serde(default)]
    created_at: Option<U64>,
}

#[derive(Deserialize)]
struct PageImage {
    url: String,
}

#[derive(Deserialize)]
struct Submitted {
    jobid: Str,
}

#[derive(Deserialize)]
struct ImportWire {
    status: Int,
    #[serde(default, rename = "type")]
    kind: Option<Str>,
    #[serde(default)]
    total: Option<U64>,
    #[serde(default)]
    percentage: Option<U32>,
    #[serde(default)]
    result: Option<Vec<RowWire>>,
}

#[derive(Deserialize)]
struct RowWire {
    #[serde(default)]
    userid: Option<Str>,
    #[serde(default)]
    partyid: Option<U32>,
    #[serde(default)]
    action: Option<U32>,
    errcode: Int,
    #[serde(default)]
    errmsg: Option<Str>,
}

#[derive(Deserialize)]
struct ExportWire {
    status: Int,
    #[serde(default)]
    data_list: Option<Vec<FileWire>>,
}

#[derive(Deserialize)]
struct FileWire {
    url: String,
    size: U64,
    md5: String,
}

#[derive(Deserialize)]
struct MembersFile {
    userlist: Vec<MemberWire>,
}

#[derive(Deserialize)]
struct DepartmentsFile {
    department: Vec<DepartmentWire>,
}

#[derive(Deserialize)]
struct TagFile {
    #[serde(default)]
    tagname: Option<Str>,
    userlist: Vec<Tagged>,
    partylist: Vec<U32>,
}

impl Client {
    /// Uploads a file; it can be used for three days by all apps of the corp.
    pub async fn media_upload(
        &self,
        credential: &Credential,
        kind: MediaKind,
        file_name: &str,
        bytes: Bytes,
    ) -> Result<Media, CallError> {
        let endpoint = &endpoint::MEDIA_UPLOAD;
        if bytes.len() < UPLOAD_MIN_BYTES {
            return Err(invalid(endpoint)(format!("a file of less than {UPLOAD_MIN_BYTES} bytes is refused")));
        }
        if bytes.len() > kind.max_bytes() {
            return Err(invalid(endpoint)(format!("{} takes at most {} bytes", kind.wire(), kind.max_bytes())));
        }
        let query = vec![("type", kind.wire().to_owned())];
        let body = Body::File { name: file_name.to_owned(), bytes };
        let answer: Uploaded = self.request(credential, endpoint, query, body).await?;
        Ok(Media { media_id: answer.media_id, created_at_s: answer.created_at.unwrap_or_default().0 })
    }

    /// Uploads a JPG or PNG for the content of mpnews; answers its address, which stays for good. WeCom takes 1,000 a day
    /// and 3,000 a month of a corp.
    pub async fn media_uploadimg(
        &self,
        credential: &Credential,
        file_name: &str,
        bytes: Bytes,
    ) -> Result<String, CallError> {
        let endpoint = &endpoint::MEDIA_UPLOADIMG;
        if !(UPLOAD_MIN_BYTES..=PAGE_IMAGE_MAX_BYTES).contains(&bytes.len()) {
            let why = format!("an image of {UPLOAD_MIN_BYTES} to {PAGE_IMAGE_MAX_BYTES} bytes is taken");
            return Err(invalid(endpoint)(why));
        }
        let body = Body::File { name: file_name.to_owned(), bytes };
        let answer: PageImage = self.request(credential, endpoint, Vec::new(), body).await?;
        Ok(answer.url)
    }

    /// Starts an incremental member import. A column that the file lacks is not updated.
    pub async fn batch_syncuser(&self, job: &ImportJob) -> Result<JobId, CallError> {
        let body = self.dialect().import_members(job);
        self.submit(&Credential::Contacts, &endpoint::BATCH_SYNCUSER, &body).await
    }

    /// Starts a full member import: who is not in the file is **deleted**, up to WeCom's own protection (45026).
    pub async fn batch_replaceuser(&self, job: &ImportJob) -> Result<JobId, CallError> {
        let body = self.dialect().import_members(job);
        self.submit(&Credential::Contacts, &endpoint::BATCH_REPLACEUSER, &body).await
    }

    /// Starts a full department import: what is not in the file is **deleted** once it is empty.
    pub async fn batch_replaceparty(&self, job: &ImportJob) -> Result<JobId, CallError> {
        let body = self.dialect().import_departments(job);
        self.submit(&Credential::Contacts, &endpoint::BATCH_REPLACEPARTY, &body).await
    }

    /// How far an import is. WeCom keeps the results of the last five jobs.
    pub async fn batch_getresult(&self, job: &JobId) -> Result<ImportState, CallError> {
        let query = vec![("jobid", job.0.clone())];
        let answer: ImportWire = self.get(&Credential::Contacts, &endpoint::BATCH_GETRESULT, query).await?;
        let is_finished = answer.status.0 == IMPORT_FINISHED;
        if is_finished && answer.result.is_none() {
            let what = "the import has finished, but its result is missing".to_owned();
            return Err(CallError::new(endpoint::BATCH_GETRESULT.name, CallErrorKind::Malformed { what }));
        }
        Ok(ImportState {
            is_finished,
            kind: answer.kind.map(|kind| kind.0.to_string()).unwrap_or_default(),
            total: answer.total.unwrap_or_default().0,
            percentage: answer.percentage.map_or(0, |percent| percent.0),
            rows: answer.result.unwrap_or_default().into_iter().map(RowWire::into_row).collect(),
        })
    }

    /// Starts an export of all visible members without details.
    pub async fn export_simple_user(&self, credential: &Credential, key: &ExportKey) -> Result<JobId, CallError> {
        self.export(credential, &endpoint::EXPORT_SIMPLE_USER, key, None).await
    }

    /// Starts an export of all visible members.
    pub async fn export_user(&self, credential: &Credential, key: &ExportKey) -> Result<JobId, CallError> {
        self.export(credential, &endpoint::EXPORT_USER, key, None).await
    }

    /// Starts an export of all visible departments.
    pub async fn export_department(&self, credential: &Credential, key: &ExportKey) -> Result<JobId, CallError> {
        self.export(credential, &endpoint::EXPORT_DEPARTMENT, key, None).await
    }

    /// Starts an export of what a tag holds.
    pub async fn export_taguser(
        &self,
        credential: &Credential,
        key: &ExportKey,
        tagid: u32,
    ) -> Result<JobId, CallError> {
        self.export(credential, &endpoint::EXPORT_TAGUSER, key, Some(tagid)).await
    }

    /// How far an export is; to be asked with the credential that started it.
    pub async fn export_get_result(&self, credential: &Credential, job: &JobId) -> Result<ExportState, CallError> {
        let endpoint = &endpoint::EXPORT_GET_RESULT;
        let answer: ExportWire = self.get(credential, endpoint, vec![("jobid", job.0.clone())]).await?;
        let malformed = |what: String| CallError::new(endpoint.name, CallErrorKind::Malformed { what });
        match answer.status.0 {
            0 | 1 => Ok(ExportState::Running),
            2 => {
                let files = answer
                    .data_list
                    .ok_or_else(|| malformed("the export is done, but its files are missing".into()))?;
                let files = files.into_iter().map(|f| ExportFile { url: f.url, size: f.size.0, md5: f.md5 });
                Ok(ExportState::Done(files.collect()))
            }
            3 => Ok(ExportState::Failed),
            other => Err(malformed(format!("unknown export status {other}"))),
        }
    }

    /// Fetches one file of an export, checks size and MD5, and decrypts it to its JSON text.
    pub async fn export_download(&self, file: &ExportFile, key: &ExportKey) -> Result<Vec<u8>, CallError> {
        let endpoint = &endpoint::EXPORT_DOWNLOAD;
        let malformed = |what: String| CallError::new(endpoint.name, CallErrorKind::Malformed { what });
        if file.size > EXPORT_MAX_BYTES {
            return Err(malformed(format!("the file is announced with {} bytes, more than is taken", file.size)));
        }
        let max_bytes = usize::try_from(file.size).unwrap_or(usize::MAX);
        let bytes = self.caller.download(&file.url, max_bytes, self.meter.as_deref()).await?;
        export_file::open(bytes.into(), file, key).map_err(malformed)
    }

    /// Members out of the text of an `export/user` (`detailed`) or `export/simple_user` file.
    pub fn exported_members(&self, text: &[u8], detailed: bool) -> Result<Vec<Member>, CallError> {
        let file: MembersFile = read_file(text)?;
        Ok(distinct(file.userlist.into_iter().map(|wire| wire.into_model(self.edition, detailed)).collect()))
    }

    /// Departments out of the text of an `export/department` file.
    pub fn exported_departments(&self, text: &[u8]) -> Result<Vec<Department>, CallError> {
        let file: DepartmentsFile = read_file(text)?;
        Ok(file.department.into_iter().map(DepartmentWire::into_model).collect())
    }

    /// What a tag holds, out of the text of an `export/taguser` file.
    pub fn exported_tag(&self, text: &[u8]) -> Result<TagContent, CallError> {
        let file: TagFile = read_file(text)?;
        Ok(TagContent {
            name: file.tagname.and_then(Str::non_empty),
            users: file.userlist.into_iter().map(|u| (UserId(u.userid.0), u.name.and_then(Str::non_empty))).collect(),
            departments: file.partylist.into_iter().map(|id| DepartmentId(id.0)).collect(),
        })
    }

    async fn submit(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        body: &Value,
    ) -> Result<JobId, CallError> {
        let answer: Submitted = self.post(credential, endpoint, body).await?;
        Ok(JobId(answer.jobid.0.to_string()))
    }

    async fn export(
        &self,
        credential: &Credential,
        endpoint: &'static Endpoint,
        key: &ExportKey,
        tagid: Option<u32>,
    ) -> Result<JobId, CallError> {
        let mut body = json!({ "encoding_aeskey": key.expose(), "block_size": EXPORT_BLOCK_MAX });
        if let Some(tagid) = tagid {
            body["tagid"] = tagid.into();
        }
        self.submit(credential, endpoint, &body).await
    }
}

impl RowWire {
    fn into_row(self) -> ImportRow {
        let text = self.errmsg.map(|text| text.0).unwrap_or_default();
        ImportRow {
            userid: self.userid.and_then(Str::non_empty).map(UserId),
            department: self.partyid.map(|id| DepartmentId(id.0)),
            action: self.action.map_or(0, |action| action.0),
            refusal: (self.errcode.0 != 0)
                .then(|| Refusal::read(endpoint::BATCH_GETRESULT.name, self.errcode.0, &text)),
        }
    }
}

fn read_file<T: DeserializeOwned>(text: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(text).map_err(|error| {
        let what = format!("the export file is not as documented: {}", crate::wecom::call::fault(&error));
        CallError::new(endpoint::EXPORT_DOWNLOAD.name, CallErrorKind::Malformed { what })
    })
}
