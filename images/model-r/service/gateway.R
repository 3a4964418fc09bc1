# What the service asks of the gateway, with its own token: never waiting, so that predictions go on meanwhile.
# Every function gives a promise.

ARTIFACT_SECONDS <- 300L
PUMP_SECONDS <- 0.005

# A secret from the environment, or from the file that <variable>_FILE names.
secret_of <- function(variable) {
  file <- Sys.getenv(paste0(variable, "_FILE"))
  if (!nzchar(file)) return(Sys.getenv(variable))
  trimws(paste(readLines(file, warn = FALSE), collapse = "\n"))
}

# An HTTP origin without path or credentials.
check_origin <- function(url) {
  if (!grepl("^https?://[^/@?#]+/?$", url)) {
    refuse("invalid_input", "'", url, "' is not a gateway's address; write http://HOST:PORT")
  }
  sub("/$", "", url)
}

new_link <- function(origin, deploy, token) {
  link <- new.env()
  link$origin <- origin
  link$token <- token
  link$version <- paste0("/v1/projects/", deploy$project, "/versions/", deploy$version)
  link$pool <- curl::new_pool()
  link$pending <- 0L
  link
}

# Whether a URL is one of this gateway; no other is ever asked, let alone sent the token.
is_own <- function(link, url) startsWith(url, paste0(link$origin, "/"))

# The answer's body (raw); a fault if the gateway refuses or cannot be reached.
ask <- function(link, method, path, body = NULL, seconds = 10L) {
  promises::promise(function(resolve, reject) {
    handle <- request_handle(link, method, body, seconds)
    link$pending <- link$pending + 1L
    curl::curl_fetch_multi(paste0(link$origin, path),
      done = function(answer) {
        link$pending <- link$pending - 1L
        if (answer$status_code < 400L) return(resolve(answer$content))
        reject(fault_from(answer$status_code, rawToChar(answer$content)))
      },
      fail = function(message) {
        link$pending <- link$pending - 1L
        reject(fault("unavailable", "the gateway cannot be reached: ", message))
      },
      pool = link$pool, handle = handle
    )
    if (link$pending == 1L) later::later(function() pump(link))
  })
}

request_handle <- function(link, method, body, seconds) {
  handle <- curl::new_handle(timeout = seconds, connecttimeout = 5L, customrequest = method)
  curl::handle_setheaders(handle,
    authorization = paste("Bearer", link$token), "content-type" = "application/json", expect = ""
  )
  if (!is.null(body)) {
    if (is.character(body)) body <- charToRaw(enc2utf8(body))
    curl::handle_setopt(handle, post = TRUE, postfieldsize = length(body), postfields = body, customrequest = method)
  }
  handle
}

# Moves the requests under way on, again and again until there is none.
pump <- function(link) {
  curl::multi_run(timeout = 0, pool = link$pool)
  if (link$pending > 0L) later::later(function() pump(link), PUMP_SECONDS)
}

decoded <- function(promise) {
  promises::then(promise, function(body) {
    text <- rawToChar(body)
    Encoding(text) <- "UTF-8"
    parse_json(text)
  })
}

register <- function(link, facts) decoded(ask(link, "POST", "/v1/register", to_json(facts)))

# The revision that every replica of the version is to load.
desired <- function(link) decoded(ask(link, "GET", paste0(link$version, "/desired")))

# An artifact's bytes, not yet checked.
artifact <- function(link, sha256) ask(link, "GET", paste0("/v1/artifacts/", sha256), seconds = ARTIFACT_SECONDS)

put_artifact <- function(link, sha256, content) {
  ask(link, "PUT", paste0("/v1/artifacts/", sha256), content, seconds = ARTIFACT_SECONDS)
}

add_revision <- function(link, revision) ask(link, "POST", paste0(link$version, "/revisions"), to_json(revision))

# What is recorded of a revision; NULL if nothing is.
revision_facts <- function(link, sha256) {
  promises::then(decoded(ask(link, "GET", paste0(link$version, "/revisions"))), function(revisions) {
    Find(function(revision) revision$sha256 == sha256, revisions)
  })
}

put_job <- function(link, job) ask(link, "PUT", paste0(link$version, "/jobs/", job$id), to_json(job))

jobs <- function(link) decoded(ask(link, "GET", paste0(link$version, "/jobs")))

# A job's state; NULL if unknown.
find_job <- function(link, id) {
  found <- decoded(ask(link, "GET", paste0(link$version, "/jobs/", utils::URLencode(id, reserved = TRUE))))
  promises::catch(found, function(error) if (identical(error$code, "not_found")) NULL else stop(error))
}

# The revision as the registry records it.
revision_of <- function(deploy, sha256, size, trained_at, rows, library, window = "", metrics = NO_OBJECT) {
  list(
    project = deploy$project, version = deploy$version, sha256 = sha256, size = as.integer(size),
    trained_at = trained_at, rows = as.integer(rows), library = library, window = window, metrics = metrics
  )
}
