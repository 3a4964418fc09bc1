# The kinds of error, and the one shape in which they are told over HTTP:
# {"error": {"code", "message", "field", "remedy"}}.

STATUSES <- c(
  invalid_json = 400L, unauthorized = 401L, forbidden = 403L, not_found = 404L, method_not_allowed = 405L,
  conflict = 409L, too_large = 413L, invalid_input = 422L, internal = 500L, spool_full = 503L,
  uncertain = 503L, unavailable = 503L
)

# An error that a person or a client can act on. Its code is one of STATUSES; field says where in the
# request it is, such as instances[0].ph.
fault <- function(code, ..., field = NULL, remedy = NULL) {
  structure(
    class = c("relevo_fault", "error", "condition"),
    list(message = paste0(...), call = NULL, code = code, field = field, remedy = remedy)
  )
}

refuse <- function(code, ..., field = NULL, remedy = NULL) {
  stop(fault(code, ..., field = field, remedy = remedy))
}

# The fault that an answer of the gateway with a status of 400 or above stands for.
fault_from <- function(status, body) {
  error <- tryCatch(parse_json(body)$error, error = function(unreadable) NULL)
  known <- is.list(error) && isTRUE(error$code %in% names(STATUSES))
  if (!known) return(fault("unavailable", "the gateway answered ", status))
  fault(error$code, error$message, field = error$field, remedy = error$remedy)
}

# The JSON text of an error; of one that is no fault, the log has the words and the client has none.
fault_text <- function(error) {
  told <- list(code = error$code, message = error$message, field = error$field, remedy = error$remedy)
  to_json(list(error = Filter(function(word) !is.null(word) && nzchar(word), told)))
}

log_line <- function(...) {
  cat(format(Sys.time(), "%Y-%m-%d %H:%M:%S"), " ", ..., "\n", file = stderr(), sep = "")
}

log_bug <- function(doing, error) {
  call <- if (is.null(conditionCall(error))) "" else paste(" in", deparse(conditionCall(error))[1])
  log_line("internal error while ", doing, call, ": ", conditionMessage(error))
}
