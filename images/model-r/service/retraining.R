# Retraining jobs: one at a time, in a process of their own, told through the store.

UNFINISHED <- c("queued", "running", "cancelling")
LOOK_SECONDS <- 0.2
BEAT_SECONDS <- 2
# A job whose state has not been renewed for so long is dead: its service beats every two seconds.
SILENT_SECONDS <- 20
CROSSINGS <- 32L
CROSSING_SECONDS <- 0.25

new_retrainer <- function(service, program) {
  retrainer <- new.env()
  retrainer$service <- service
  retrainer$link <- service$link
  retrainer$program <- program
  retrainer$running <- FALSE
  retrainer
}

# Starts a job, whose state is in the store when the promise is kept.
start_job <- function(retrainer, order) {
  deploy <- retrainer$service$deploy
  if (!nzchar(deploy$train)) refuse("invalid_input", "this version's deploy folder names no training script")
  if (!is_own(retrainer$link, order$data_url)) {
    refuse("invalid_input", "data_url must be an address of this service's gateway", field = "data_url")
  }
  if (retrainer$running) refuse("conflict", "this version is being retrained already")
  retrainer$running <- TRUE
  job <- new_job(deploy)
  check_free(retrainer) |>
    promises::then(function(free) put_job(retrainer$link, job)) |>
    promises::then(function(stored) {
      run_job(retrainer, job, order)
      job
    }) |>
    promises::catch(function(error) {
      retrainer$running <- FALSE
      stop(error)
    })
}

new_job <- function(deploy) {
  time <- utc_text(Sys.time())
  list(
    # Not drawn by chance: a team's script may have set the seed.
    id = digest::digest(list(time, Sys.getpid(), Sys.info()[["nodename"]]), "md5"),
    project = deploy$project, version = deploy$version, state = "queued", progress = 0, message = "starting",
    created_at = time, updated_at = time
  )
}

check_free <- function(retrainer) {
  bury_silent(retrainer) |>
    promises::then(function(known) {
      if (any(vapply(known, `[[`, "", "state") %in% UNFINISHED)) {
        refuse("conflict", "this version is being retrained already, by another replica")
      }
    })
}

# The job; one that has been silent for too long is marked failed.
bury <- function(job, retrainer) {
  own <- retrainer$running && identical(retrainer$job$id, job$id)
  silent <- difftime(Sys.time(), read_time(job$updated_at), units = "secs") > SILENT_SECONDS
  if (!job$state %in% UNFINISHED || own || !silent) return(promises::promise_resolve(job))
  failed <- changed(job, state = "failed", message = "the service that trained it has ended")
  promises::then(put_job(retrainer$link, failed), function(stored) failed)
}

# All jobs of the version, the dead ones buried.
bury_silent <- function(retrainer) {
  promises::then(jobs(retrainer$link), function(known) {
    promises::promise_all(.list = lapply(known, bury, retrainer = retrainer))
  })
}

changed <- function(job, ...) {
  job <- utils::modifyList(job, list(...))
  job$updated_at <- utc_text(Sys.time())
  if (!length(job$metrics)) job$metrics <- NO_OBJECT
  job
}

job_state <- function(retrainer, id) {
  promises::then(find_job(retrainer$link, id), function(job) {
    if (is.null(job)) refuse("not_found", "there is no retraining job '", id, "'")
    if (!length(job$metrics)) job$metrics <- NO_OBJECT
    bury(job, retrainer)
  })
}

# Stops a job, whichever replica runs it, and waits for its end; a finished one stays what it is.
# One that takes longer than a few seconds to end at another replica is given back as "cancelling".
cancel_job <- function(retrainer, id) {
  promises::then(job_state(retrainer, id), function(job) {
    if (!job$state %in% UNFINISHED) return(job)
    if (!retrainer$running || !identical(retrainer$job$id, id)) return(cancel_elsewhere(retrainer, job, CROSSINGS))
    retrainer$cancelled <- TRUE
    promises::then(retrainer$ended, function(ended) job_state(retrainer, id))
  })
}

# Asks the replica that trains through the store, and waits for its end; asked again where its news crossed ours.
cancel_elsewhere <- function(retrainer, job, times) {
  asked <- job$state == "cancelling"
  if (times == 0L) {
    if (asked) return(job)
    refuse("unavailable", "the replica that trains goes on telling its progress; try again")
  }
  # Asking is no sign of life of the job.
  wanted <- changed(job, state = "cancelling", message = "being cancelled")
  wanted$updated_at <- job$updated_at
  told <- if (asked) promises::promise_resolve(NULL) else put_job(retrainer$link, wanted)
  promises::then(told, function(stored) pause(CROSSING_SECONDS)) |>
    promises::then(function(waited) job_state(retrainer, job$id)) |>
    promises::then(function(stored) {
      if (stored$state %in% UNFINISHED) cancel_elsewhere(retrainer, job, times - 1L) else stored
    })
}

pause <- function(seconds) {
  promises::promise(function(resolve, reject) later::later(function() resolve(NULL), seconds))
}

# Marks jobs failed whose service has ended: at the start and from time to time.
keep_house <- function(retrainer) {
  bury_silent(retrainer) |>
    promises::catch(function(error) NULL) |> # the gateway is away: the next look will do
    promises::then(function(looked) later::later(function() keep_house(retrainer), SILENT_SECONDS / 4))
}

# The job itself

run_job <- function(retrainer, job, order) {
  retrainer$job <- job
  retrainer$cancelled <- FALSE
  retrainer$beat <- Sys.time()
  retrainer$folder <- tempfile("relevo-train-")
  dir.create(retrainer$folder, mode = "0700")
  result <- run_process(retrainer, order) |>
    promises::then(function(result) store_revision(retrainer, order, result)) |>
    promises::catch(function(error) {
      if (retrainer$cancelled) return(finish(retrainer, "cancelled", "cancelled"))
      finish(retrainer, "failed", conditionMessage(error))
    })
  retrainer$ended <- promises::finally(result, function() {
    unlink(retrainer$folder, recursive = TRUE)
    retrainer$running <- FALSE
  })
}

# Starts the training process, which the system ends when this one ends, and looks at it until it has ended.
run_process <- function(retrainer, order) {
  place <- function(name) file.path(retrainer$folder, name)
  told <- list(
    folder = retrainer$service$folder, data_url = data_url(retrainer, order), rows = order$window[["rows"]],
    parameters = or(order$parameters, NO_OBJECT), output = place("artifact"), progress = place("progress")
  )
  writeLines(to_json(told), place("order"))
  file.create(told$progress)
  retrainer$process <- sys::exec_background(
    file.path(R.home("bin"), "Rscript"), c(retrainer$program, place("order")),
    std_out = place("printed"), std_err = TRUE
  )
  promises::promise(function(resolve, reject) look(retrainer, told$progress, resolve, reject))
}

look <- function(retrainer, file, resolve, reject) {
  code <- exit_code(retrainer$process)
  last <- last_said(file)
  ended <- !is.na(code)
  if (retrainer$cancelled) {
    if (!ended) end_process(retrainer)
    return(reject(fault("conflict", "cancelled")))
  }
  if (ended) {
    retrainer$process <- NULL
    if (!is.null(last[["failure"]])) return(reject(fault("invalid_input", last[["failure"]])))
    if (isTRUE(last[["finished"]])) return(resolve(last))
    why <- paste0("the training process ended with code ", code, "; the service's log says why")
    return(reject(fault("unavailable", why)))
  }
  again <- function(told) later::later(function() look(retrainer, file, resolve, reject), LOOK_SECONDS)
  news <- !is.null(last) && !identical(last[["message"]], retrainer$job$message)
  if (!news && Sys.time() - retrainer$beat < BEAT_SECONDS) return(again())
  retrainer$beat <- Sys.time()
  go_on(retrainer, or(last[["progress"]], 0), or(last[["message"]], "starting")) |>
    promises::catch(function(error) {
      log_line("warning: the job's state could not be told: ", conditionMessage(error))
    }) |>
    promises::then(again)
}

# NA while it runs. On Unix the system's word is told, which holds the code in its higher byte.
exit_code <- function(process) {
  status <- sys::exec_status(process, wait = FALSE)
  if (!is.na(status) && status > 255L) status %/% 256L else status
}

end_process <- function(retrainer) {
  tools::pskill(retrainer$process, tools::SIGKILL)
  sys::exec_status(retrainer$process, wait = TRUE)
  retrainer$process <- NULL
}

# The last whole line that the training process has said.
last_said <- function(file) {
  lines <- strsplit(readChar(file, file.size(file), useBytes = TRUE), "(?<=\n)", perl = TRUE)[[1]]
  lines <- lines[endsWith(lines, "\n")]
  if (length(lines)) parse_json(lines[length(lines)]) else NULL
}

# Stores the new revision, and nothing else: whether it is loaded is decided in the registry.
store_revision <- function(retrainer, order, result) {
  content <- read_bytes(file.path(retrainer$folder, "artifact"))
  sha256 <- sha256_of(content)
  metrics <- if (length(result$metrics)) result$metrics else NO_OBJECT
  revision <- revision_of(retrainer$service$deploy, sha256, length(content), utc_text(Sys.time()), result$rows,
    result$library, window_words(order$window), metrics)
  go_on(retrainer, 0.97, "storing the new revision") |>
    promises::then(function(told) {
      if (retrainer$cancelled) refuse("conflict", "cancelled")
      put_artifact(retrainer$link, sha256, content)
    }) |>
    promises::then(function(stored) add_revision(retrainer$link, revision)) |>
    promises::then(function(added) {
      finish(retrainer, "done", paste("trained on", counted(result$rows), "rows"), revision = sha256, metrics = metrics)
    })
}

window_words <- function(window) {
  if (is.null(window[["rows"]])) "all rows" else paste("the newest", counted(window[["rows"]]), "rows")
}

# Tells how far it is, unless another replica was asked to cancel it: then stops.
go_on <- function(retrainer, progress, message) {
  promises::then(find_job(retrainer$link, retrainer$job$id), function(stored) {
    if (isTRUE(stored$state %in% c("cancelling", "cancelled"))) {
      retrainer$cancelled <- TRUE
      return(NULL)
    }
    tell(retrainer, state = "running", progress = progress, message = message)
  })
}

tell <- function(retrainer, ...) {
  retrainer$job <- changed(retrainer$job, ...)
  put_job(retrainer$link, retrainer$job)
}

# Stores the last state; a gateway that is away for a moment is asked again.
finish <- function(retrainer, state, message, ..., pauses = c(0.5, 1, 2, 4)) {
  progress <- if (state == "done") 1 else retrainer$job$progress
  log_line("retraining ", state, ": ", message)
  promises::catch(
    tell(retrainer, state = state, progress = progress, message = message, ...),
    function(error) {
      log_line("warning: the job's end could not be told: ", conditionMessage(error))
      if (!length(pauses)) return(NULL)
      promises::then(pause(pauses[1]), function(waited) {
        finish(retrainer, state, message, ..., pauses = pauses[-1])
      })
    }
  )
}

# The URL with what the window asks for, where it does not say so itself.
data_url <- function(retrainer, order) {
  url <- order$data_url
  wanted <- c(version = retrainer$service$deploy$version, source = "both")
  if (!is.null(order$window[["rows"]])) wanted <- c(wanted, rows = as.character(order$window[["rows"]]))
  for (name in names(wanted)) {
    if (grepl(paste0("[?&]", name, "="), url)) next
    url <- paste0(url, if (grepl("?", url, fixed = TRUE)) "&" else "?", name, "=", wanted[[name]])
  }
  url
}
