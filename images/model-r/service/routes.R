# The model service contract as plumber routes, on top of whatever revision is loaded.

LARGEST_BODY <- 32L * 1024L^2L
LARGEST_ORDER <- 1024L^2L

# Plumber's own answer to a wrong method is not in the shape of our errors.
options(plumber.methodNotAllowed = FALSE)

router_of <- function(service) {
  router <- plumber::Plumber$new(filters = NULL)
  for (route in ROUTES) {
    router$handle(route$method, route$path, handler_of(service, route), parsers = "none")
  }
  router$set404Handler(function(req, res) answer_fault(res, missing_route(req)))
  router$setErrorHandler(function(req, res, error) answer_fault(res, error))
  router
}

# What httpuv runs: the router, and a refusal of bodies over the limit before they are read.
application_of <- function(service) {
  router <- router_of(service)
  list(
    call = function(req) router$call(req),
    onHeaders = function(req) {
      if (as.numeric(or(req$HTTP_CONTENT_LENGTH, or(req$CONTENT_LENGTH, 0))) <= LARGEST_BODY) return(NULL)
      text <- fault_text(too_large(LARGEST_BODY))
      list(status = 413L, headers = list("content-type" = "application/json"), body = text)
    }
  )
}

handler_of <- function(service, route) {
  answer <- route$answer
  function(req, res) {
    if (!isTRUE(route$open)) check_token(service, req)
    text <- answer(service, req, req$argsPath$job)
    if (promises::is.promising(text)) {
      promises::then(text, function(text) answer_text_with(res, or(route$status, 200L), text))
    } else {
      answer_text_with(res, or(route$status, 200L), text)
    }
  }
}

answer_text_with <- function(res, status, text) {
  res$status <- status
  res$setHeader("content-type", "application/json")
  res$body <- enc2utf8(text)
  res
}

answer_fault <- function(res, error) {
  if (!inherits(error, "relevo_fault")) log_bug("answering", error)
  if (!inherits(error, "relevo_fault") || error$code == "internal") {
    if (inherits(error, "relevo_fault")) log_line("error: ", conditionMessage(error))
    error <- fault("internal", "an internal error; the service's log has it")
  }
  status <- STATUSES[[error$code]]
  if (status == 503L) res$setHeader("retry-after", "1")
  if (status == 401L) res$setHeader("www-authenticate", "Bearer")
  answer_text_with(res, status, fault_text(error))
}

missing_route <- function(req) {
  fits <- function(route) grepl(paste0("^", sub("<job>", "[^/]+", route$path), "$"), req$PATH_INFO)
  if (any(vapply(ROUTES, fits, NA))) return(fault("method_not_allowed", "Method Not Allowed"))
  fault("not_found", "no such route: ", req$PATH_INFO)
}

too_large <- function(limit) {
  fault("too_large", "the body is over the limit of ", counted(limit), " bytes")
}

# Hashed first, so that the time a comparison takes tells nothing about the token.
check_token <- function(service, req) {
  given <- digest::digest(or(req$HTTP_AUTHORIZATION, ""), "sha256", serialize = FALSE)
  if (given != service$authorization) refuse("unauthorized", "this service asks for its own bearer token")
}

body_of <- function(req, limit) {
  body <- req$rook.input$read()
  if (length(body) > limit) stop(too_large(limit))
  body
}

loaded_of <- function(service) {
  if (is.null(service$loaded)) refuse("unavailable", service$reason)
  service$loaded
}

health <- function(service, req, job) {
  loaded <- loaded_of(service)
  behind <- if (nzchar(service$reason)) service$reason
  to_json(list(status = "ok", revision = loaded$revision, behind = behind))
}

model <- function(service, req, job) {
  deploy <- service$deploy
  facts <- service$facts
  to_json(list(
    project = deploy$project, version = deploy$version, revision = loaded_of(service)$revision,
    task = deploy$signature$task, signature = deploy$signature,
    library = if (nzchar(or(facts$library, ""))) facts$library else loaded_of(service)$library,
    trained_at = facts$trained_at, rows = facts$rows,
    metrics = if (length(facts$metrics)) facts$metrics else NO_OBJECT
  ))
}

predict_route <- function(service, req, job) {
  loaded <- loaded_of(service)
  rows <- read_instances(body_of(req, LARGEST_BODY), service$deploy$signature$inputs)
  answer_text(loaded, rows)
}

revision <- function(service, req, job) {
  body <- read_body(body_of(req, LARGEST_ORDER))
  check_members(body, c(revision = "a text"))
  if (is.null(service$link)) {
    refuse("conflict", "this service runs alone: it serves its deploy folder's revision only")
  }
  promises::then(load_now(service, body$revision), function(loaded) to_json(list(revision = body$revision)))
}

retrain <- function(service, req, job) {
  order <- read_body(body_of(req, LARGEST_ORDER))
  check_members(order, c(data_url = "a text", window = "an object", parameters = "an object"), "data_url")
  if (!is.null(order$window)) check_window(order$window)
  refuse_deep(order)
  promises::then(start_job(retraining(service), order), function(job) to_json(list(job = job$id)))
}

check_window <- function(window) {
  rows <- if ("rows" %in% names(window) && !is.null(window$rows)) c(rows = "a number")
  window <- window[!vapply(window, is.null, NA)]
  check_members(window, c(kind = "a text", rows = "a number"), character(), "window")
  kind <- or(window$kind, "expanding")
  whole <- is.null(rows) || (window$rows > 0 && window$rows == trunc(window$rows))
  if (!kind %in% c("expanding", "sliding")) {
    refuse("invalid_input", "window.kind must be expanding or sliding", field = "window.kind")
  }
  if ((kind == "sliding") == is.null(rows) || !whole) {
    refuse("invalid_input", "a sliding window needs `rows` above 0, an expanding one has none", field = "window")
  }
}

job_route <- function(service, req, job) promises::then(job_state(retraining(service), job), to_json)

cancel <- function(service, req, job) promises::then(cancel_job(retraining(service), job), to_json)

retraining <- function(service) {
  if (is.null(service$retrainer)) {
    refuse("not_found", "this service runs alone: there is no gateway to retrain from")
  }
  service$retrainer
}

ROUTES <- list(
  list(method = "GET", path = "/health", answer = health, open = TRUE),
  list(method = "GET", path = "/model", answer = model),
  list(method = "POST", path = "/predict", answer = predict_route),
  list(method = "POST", path = "/revision", answer = revision),
  list(method = "POST", path = "/retrain", answer = retrain, status = 202L),
  list(method = "GET", path = "/retrain/<job>", answer = job_route),
  list(method = "DELETE", path = "/retrain/<job>", answer = cancel)
)
