//! What no endpoint answers: unknown paths, other methods, and whatever Rocket refuses by itself. Always JSON.

use std::collections::BTreeSet;

use rocket::fairing::AdHoc;
use rocket::http::{Header, Method, Status};
use rocket::response::status::NoContent;
use rocket::{Either, Request, catch, catchers};

use crate::error::Error;

/// Catches everything.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("catchers", |rocket| async { rocket.register("/", catchers![any]) })
}

/// The answer to OPTIONS.
#[derive(rocket::Responder)]
struct Methods {
    inner: NoContent,
    allow: Header<'static>,
}

#[catch(default)]
fn any(status: Status, request: &Request<'_>) -> Either<Methods, Error> {
    // Before routing, Rocket refuses with 400 only methods that it does not know; here it says that they were GET.
    let method = if status == Status::BadRequest { "this method" } else { request.method().as_str() };
    let error = match (status.code, allowed(request)) {
        (404, Some(allow)) if request.method() == Method::Options => {
            return Either::Left(Methods { inner: NoContent, allow: Header::new("Allow", allow) });
        }
        (400 | 404, Some(allowed)) => Error::Method { method: method.to_owned(), allowed },
        (400 | 404, None) => Error::UnknownPath,
        (500, _) => Error::Internal,
        _ => Error::Other(status),
    };
    Either::Right(error)
}

/// The methods that the request's path takes; none if no route has it.
fn allowed(request: &Request<'_>) -> Option<String> {
    let path = request.uri().path();
    let mut methods: BTreeSet<&str> = request
        .rocket()
        .routes()
        .filter(|route| covers(route.uri.path(), path.as_str()))
        .map(|route| route.method.as_str())
        .collect();
    if methods.is_empty() {
        return None;
    }
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    methods.insert("OPTIONS");
    Some(methods.into_iter().collect::<Vec<_>>().join(", "))
}

/// Whether a route's path, which may have parts like `<name>` and end in one like `<name..>`, is that of a request. As to Rocket, a
/// slash at the end makes no difference.
fn covers(route: &str, path: &str) -> bool {
    let path = path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path);
    let mut segments = path.split('/');
    for part in route.split('/') {
        if part.ends_with("..>") {
            return true;
        }
        match segments.next() {
            Some(segment) if segment == part => {}
            Some(segment) if part.starts_with('<') && !segment.is_empty() => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_route_covers_the_paths_that_it_takes() {
        assert!(covers("/prediction", "/prediction") && covers("/prediction", "/prediction/"));
        assert!(covers("/", "/"));
        assert!(covers("/v2/models/<model>/infer", "/v2/models/isoforest/infer"));
        assert!(covers("/docs/<path..>", "/docs"));
        assert!(covers("/docs/<path..>", "/docs/a/b.css"));
        for path in ["/", "/predictions", "/prediction/x", "/v2/models//infer", "/v2/models/x", "/docsx"] {
            assert!(
                !["/prediction", "/v2/models/<model>/infer", "/docs/<path..>"].iter().any(|route| covers(route, path))
            );
        }
    }
}
