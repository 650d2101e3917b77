//! Addresses that lead nowhere, and forms whose address somebody opens as a page. Who has signed in keeps the navigation;
//! everybody may choose the language there too.

use super::guard::{self, Admitted, Gate};
use crate::http::Problem;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use std::rc::Rc;

/// Answers whatever no route knows: 404, as a page for browsers ([`super::error_page()`]), as a problem for machines.
pub(super) async fn nothing_here(request: HttpRequest) -> Result<HttpResponse, Problem> {
    refuse(&request, Problem::new(StatusCode::NOT_FOUND, "request.not_found", "There is nothing at this path.")).await
}

/// Answers a problem about an address that no route guards.
pub(super) async fn refuse(request: &HttpRequest, problem: Problem) -> Result<HttpResponse, Problem> {
    if request.method() != Method::GET {
        return Err(problem);
    }
    if let Some(answer) = guard::chosen(request) {
        return Ok(answer);
    }
    // a stranger, a forced change of password, a store that cannot be read: the page does without a navigation
    if let Ok(Admitted::In { visit, person: Some(person) }) =
        guard::admit(Gate::SignedIn(None), request, &mut Vec::new()).await
    {
        let visit = Rc::new(visit);
        request.extensions_mut().insert(visit.clone());
        request.extensions_mut().insert(person.of(visit));
    }
    Err(problem)
}
