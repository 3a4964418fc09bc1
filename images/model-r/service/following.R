# Keeps the service at the revision that the registry wants: registers, asks each second, swaps.

EACH_SECONDS <- 1
LONGEST_PAUSE <- 30

# Registers until answered, then follows for good.
follow <- function(service) {
  patiently(service, function() begin(service), function() follow_on(service))
}

# Registers; while the store is down, answers meanwhile with what the gateway knows to be desired.
begin <- function(service) {
  promises::catch(register_and_load(service), function(error) {
    if (!identical(error$code, "unavailable")) stop(error)
    promises::then(desired(service$link), function(wanted) load_desired(service, wanted$revision)) |>
      promises::then(function(loaded) stop(error), function(other) stop(error))
  })
}

follow_on <- function(service) {
  later::later(function() {
    patiently(service, function() follow_once(service), function() follow_on(service))
  }, EACH_SECONDS)
}

# Tries a step until it succeeds, with growing pauses; tells each new reason once.
patiently <- function(service, step, then_do, pause = EACH_SECONDS / 2) {
  promises::then(
    promises::promise_resolve(NULL) |> promises::then(function(nothing) step()),
    function(done) {
      if (nzchar(service$told)) log_line("all is well again")
      service$told <- service$reason <- ""
      then_do()
    },
    function(error) {
      service$reason <- conditionMessage(error)
      if (service$reason != service$told) log_line("warning: ", service$reason)
      service$told <- service$reason
      longest <- if (is.null(service$loaded)) 2 * EACH_SECONDS else LONGEST_PAUSE
      later::later(function() patiently(service, step, then_do, min(2 * pause, longest)), pause)
    }
  )
}

# Asks what to load, loads it, and only then says where to ask: nobody is sent to an empty service.
register_and_load <- function(service) {
  own <- service$own <- own_revision(service)
  link <- service$link
  facts <- list(
    project = service$deploy$project, version = service$deploy$version, endpoint = "",
    signature = service$deploy$signature, revision = own, image = service$image
  )
  wanted <- NULL
  register(link, facts) |>
    promises::then(function(answer) {
      wanted <<- answer
      if (wanted$revision == own$sha256) put_artifact(link, own$sha256, own_content(service))
    }) |>
    promises::then(function(stored) load_desired(service, wanted$revision)) |>
    promises::then(function(loaded) {
      facts$endpoint <- service$endpoint
      register(link, facts)
    }) |>
    promises::then(function(answer) {
      log_line("registered with the gateway; desired revision ", short(wanted$revision))
    })
}

follow_once <- function(service) {
  promises::then(
    desired(service$link),
    function(wanted) load_desired(service, wanted$revision),
    function(error) {
      if (!identical(error$code, "not_found")) stop(error)
      # The platform was set up anew: make the version known again.
      register_and_load(service)
    }
  )
}

# Loads a revision if it is the desired one; what was loaded before goes on answering where that fails.
load_now <- function(service, revision) {
  promises::then(desired(service$link), function(wanted) {
    if (wanted$revision != revision) {
      refuse("conflict", "the registry wants revision ", short(wanted$revision), ", not ", short(revision),
        remedy = "Change the desired revision in the registry; every replica follows it."
      )
    }
    load_desired(service, revision)
  })
}

load_desired <- function(service, revision) {
  if (identical(service$loaded$revision, revision)) return(promises::promise_resolve(NULL))
  promises::then(found(service, revision), function(found) {
    adopt(service, load_model(service$folder, service$deploy, found$content, revision), found$facts)
  })
}

# Answers with this revision from now on.
adopt <- function(service, loaded, facts) {
  service$loaded <- loaded
  service$facts <- facts
  log_line("revision ", short(loaded$revision), " is in service")
}

# The artifact's bytes and facts: the deploy folder's if they are the ones, else the gateway's.
found <- function(service, revision) {
  if (identical(service$own$sha256, revision)) {
    content <- own_content(service)
    if (sha256_of(content) == revision) {
      return(promises::promise_resolve(list(content = content, facts = service$own)))
    }
  }
  content <- NULL
  artifact(service$link, revision) |>
    promises::then(function(bytes) {
      content <<- bytes
      revision_facts(service$link, revision)
    }) |>
    promises::then(
      function(facts) {
        if (sha256_of(content) == revision) keep(service, content, facts)
        list(content = content, facts = facts)
      },
      function(error) {
        before <- if (identical(error$code, "unavailable")) kept(service, revision)
        if (is.null(before)) stop(error)
        before
      }
    )
}

# What was loaded last, beside this service: for a start while the store is down. What is damaged is as none.
kept <- function(service, revision) {
  if (!nzchar(service$kept)) return(NULL)
  tryCatch(
    {
      content <- read_bytes(file.path(service$kept, "artifact"))
      facts <- readRDS(file.path(service$kept, "facts.rds"))
      if (sha256_of(content) == revision) list(content = content, facts = facts)
    },
    error = function(unreadable) NULL, warning = function(unreadable) NULL
  )
}

keep <- function(service, content, facts) {
  if (!nzchar(service$kept)) return(invisible())
  tryCatch(
    {
      dir.create(service$kept, showWarnings = FALSE, recursive = TRUE, mode = "0700")
      drafts <- file.path(service$kept, c("facts.new", "artifact.new"))
      saveRDS(facts, drafts[1])
      writeBin(content, drafts[2])
      file.rename(drafts, file.path(service$kept, c("facts.rds", "artifact")))
    },
    error = function(error) cannot_keep(error), warning = function(warning) cannot_keep(warning)
  )
}

cannot_keep <- function(reason) {
  log_line("warning: the artifact cannot be kept for a start without the store: ", conditionMessage(reason))
}

own_content <- function(service) read_bytes(file.path(service$folder, service$deploy$artifact))

own_revision <- function(service) {
  content <- own_content(service)
  deploy <- service$deploy
  revision_of(deploy, sha256_of(content), length(content), deploy$trained_at, deploy$rows, deploy$library,
    metrics = deploy$metrics
  )
}

read_bytes <- function(path) readBin(path, "raw", file.size(path))
