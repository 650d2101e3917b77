//! Reads a handler's description off its types: what it takes, what it answers, which scope it asks for.

use super::answer::{Download, Events, Put, Reply};
use super::auth::{Key, Permission};
use super::once::Once;
use super::state::State;
use super::upload::Upload;
use crate::http::{Body, Bulk, Problem, Query, Settings};
use crate::model::ApiScope;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, SecurityRequirement};
use utoipa::{IntoParams, ToSchema};

/// Name of the security scheme in the document.
pub const SECURITY: &str = "api_key";
/// Name of the shared error answer in the document.
pub const PROBLEM: &str = "Problem";

/// The description of one handler in the making.
pub struct Draft {
    tag: &'static str,
    id: String,
    text: &'static str,
    parameters: Vec<Parameter>,
    body: Option<RequestBody>,
    responses: Vec<(String, RefOr<Response>)>,
    problems: Vec<u16>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Draft {
    pub(super) fn new(tag: &'static str, id: String, text: &'static str, path: &str, changes: bool) -> Self {
        let mut draft = Self {
            tag,
            id,
            text,
            parameters: Vec::new(),
            body: None,
            responses: Vec::new(),
            problems: vec![400, 500],
            schemas: Vec::new(),
        };
        if changes {
            draft.problem(409);
        }
        for name in path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name) {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            draft.parameter(
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .description(Some(path_meaning(name)))
                    .schema(Some(text))
                    .build(),
            );
            draft.problem(404);
        }
        draft
    }

    fn parameter(&mut self, parameter: Parameter) {
        self.parameters.push(parameter);
    }

    fn problem(&mut self, status: u16) {
        if !self.problems.contains(&status) {
            self.problems.push(status);
        }
    }

    /// A reference to a type's schema, which is put among the document's components.
    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    fn respond(&mut self, status: u16, response: ResponseBuilder) {
        self.responses.push((status.to_string(), RefOr::T(response.build())));
    }

    fn body(&mut self, content_type: &str, schema: RefOr<Schema>) {
        let content = ContentBuilder::new().schema(Some(schema)).build();
        self.body =
            Some(RequestBodyBuilder::new().content(content_type, content).required(Some(Required::True)).build());
        [413, 415].into_iter().for_each(|status| self.problem(status));
    }

    /// The operation, which asks for this scope, and the schemas that it uses.
    pub(super) fn finish(mut self, scope: Option<ApiScope>) -> (Operation, Vec<(String, RefOr<Schema>)>) {
        let (summary, details) = self.text.split_once('\n').unwrap_or((self.text, ""));
        let mut operation = OperationBuilder::new()
            .tag(self.tag)
            .operation_id(Some(self.id))
            .summary(Some(summary))
            .parameters(Some(self.parameters))
            .request_body(self.body);
        if !details.is_empty() {
            operation = operation.description(Some(details.trim()));
        }
        if let Some(scope) = scope {
            operation = operation.security(SecurityRequirement::new(SECURITY, [scope.name()]));
        }
        self.problems.sort_unstable();
        for status in self.problems {
            let problem = RefOr::Ref(Ref::from_response_name(PROBLEM));
            self.responses.push((status.to_string(), problem));
        }
        for (status, response) in self.responses {
            operation = operation.response(status, response);
        }
        operation = operation.response("default", RefOr::Ref(Ref::from_response_name(PROBLEM)));
        (operation.build(), self.schemas)
    }
}

fn path_meaning(name: &str) -> &'static str {
    match name {
        "backup" => "Name of the file, as the list gives it.",
        "tenant" => "Key of the tenant.",
        "corp" => "Key of the corp.",
        "app" => "Key of the app.",
        "employee" => "The employee's id in the OA.",
        "unit" => "The unit's id in the OA.",
        "userid" => "The member's userid; upper and lower case are the same.",
        "plan" => "Id of the plan.",
        "run" => "Id of the run.",
        "callback" => "Id of the callback.",
        "rule" => "Id of the rule.",
        "picture" => "Id of the picture.",
        "receiver" => "Who posts: `alertmanager`, `grafana` or `webhook`.",
        "webhook" => "Name of the webhook.",
        "post" => "Id of the telling.",
        "preview" => "Id of the uploaded file's preview.",
        "seq" => "Number of the change in its plan, or of the delivery in its message.",
        "message" => "Id of the message.",
        "key" => "Id of the API key.",
        "account" => "Id of the account.",
        "session" => "Id of the session.",
        "secret" => "Which secret: `contacts`, `contacts_token`, `contacts_aes_key`.",
        "code" => "WeCom's errcode.",
        _ => "Id.",
    }
}

/// What a handler takes. What serving rests on is constant: every worker registers every route, and none of them needs the
/// description.
pub trait DescribeInput {
    /// The scope that a key must have.
    const SCOPE: Option<ApiScope> = None;
    /// Whether there are query parameters.
    const HAS_QUERY: bool = false;

    /// Adds parameters, body, security.
    fn describe(draft: &mut Draft);
}

/// What a handler answers.
pub trait DescribeOutput {
    /// Adds answers.
    fn describe(draft: &mut Draft);
}

const fn first<const N: usize>(scopes: [Option<ApiScope>; N]) -> Option<ApiScope> {
    let mut at = 0;
    while at < N {
        if scopes[at].is_some() {
            return scopes[at];
        }
        at += 1;
    }
    None
}

macro_rules! describe_tuple {
    ($($name:ident)*) => {
        impl<$($name: DescribeInput),*> DescribeInput for ($($name,)*) {
            const SCOPE: Option<ApiScope> = first([$($name::SCOPE),*]);
            const HAS_QUERY: bool = false $(|| $name::HAS_QUERY)*;
            fn describe(_draft: &mut Draft) {
                $($name::describe(_draft);)*
            }
        }
    };
}
describe_tuple!();
describe_tuple!(A);
describe_tuple!(A B);
describe_tuple!(A B C);
describe_tuple!(A B C D);
describe_tuple!(A B C D E);
describe_tuple!(A B C D E F);
describe_tuple!(A B C D E F G);

impl DescribeInput for web::Data<State> {
    fn describe(_: &mut Draft) {}
}
impl DescribeInput for HttpRequest {
    fn describe(_: &mut Draft) {}
}
impl DescribeInput for web::Data<Settings> {
    fn describe(_: &mut Draft) {}
}
impl<T> DescribeInput for web::Path<T> {
    fn describe(_: &mut Draft) {}
}

impl<P: Permission> DescribeInput for Key<P> {
    const SCOPE: Option<ApiScope> = Some(P::SCOPE);

    fn describe(draft: &mut Draft) {
        [401, 403, 429].into_iter().for_each(|status| draft.problem(status));
    }
}

impl<T: ToSchema> DescribeInput for Body<T> {
    fn describe(draft: &mut Draft) {
        let schema = draft.schema::<T>();
        draft.body("application/json", schema);
        draft.problem(422);
    }
}

impl<T: ToSchema> DescribeInput for Bulk<T> {
    fn describe(draft: &mut Draft) {
        Body::<T>::describe(draft);
    }
}

impl DescribeInput for Upload {
    fn describe(draft: &mut Draft) {
        let file =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        let form = ObjectBuilder::new().property("file", file).required("file").build();
        draft.body("multipart/form-data", RefOr::T(form.into()));
        draft.problem(422);
    }
}

impl<Q: IntoParams> DescribeInput for Query<Q> {
    const HAS_QUERY: bool = true;

    fn describe(draft: &mut Draft) {
        draft.parameters.extend(Q::into_params(|| Some(ParameterIn::Query)));
    }
}

impl DescribeInput for Once {
    fn describe(draft: &mut Draft) {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255)).build();
        draft.parameter(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .description(Some("Chosen by the caller; a repetition within 24 hours gets the first answer again."))
                .schema(Some(text))
                .build(),
        );
        draft.problem(409);
    }
}

impl<T: DescribeOutput> DescribeOutput for Result<T, Problem> {
    fn describe(draft: &mut Draft) {
        T::describe(draft);
    }
}

impl<T: ToSchema + Serialize, const STATUS: u16> DescribeOutput for Reply<T, STATUS> {
    fn describe(draft: &mut Draft) {
        let schema = draft.schema::<T>();
        let text = match STATUS {
            201 => "Created.",
            202 => "Accepted; it goes on in the background.",
            _ => "Done.",
        };
        let content = ContentBuilder::new().schema(Some(schema)).build();
        draft.respond(STATUS, ResponseBuilder::new().description(text).content("application/json", content));
    }
}

impl<T: ToSchema + Serialize> DescribeOutput for Put<T> {
    fn describe(draft: &mut Draft) {
        Reply::<T, 200>::describe(draft);
        Reply::<T, 201>::describe(draft);
    }
}

impl DescribeOutput for super::answer::NoContent {
    fn describe(draft: &mut Draft) {
        draft.respond(204, ResponseBuilder::new().description("Done."));
    }
}

impl DescribeOutput for Events {
    fn describe(draft: &mut Draft) {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let content = ContentBuilder::new().schema(Some(text)).build();
        draft.respond(
            200,
            ResponseBuilder::new().description("A stream of events.").content("text/event-stream", content),
        );
    }
}

impl DescribeOutput for Download {
    fn describe(draft: &mut Draft) {
        let file =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        let content = ContentBuilder::new().schema(Some(file.build())).build();
        draft.respond(200, ResponseBuilder::new().description("A file.").content("*/*", content));
    }
}

impl DescribeOutput for HttpResponse {
    fn describe(draft: &mut Draft) {
        draft.respond(200, ResponseBuilder::new().description("Done."));
    }
}
