# The deploy folder: model.json beside the trained model, the same file that versions in Python have.

TYPES <- c("number", "integer", "string", "boolean")
OWN_COLUMNS <- c(
  "id", "bucket", "predicted", "label", "labelled_at", "revision", "mode", "propensity", "latency_ms", "name",
  "version"
)

# Members are read by [[ ]], since $ would take "trained_at" for a "train" that is missing.

# What the folder's model.json says, checked and complete; the files it names exist.
read_deploy <- function(folder) {
  path <- file.path(folder, "model.json")
  if (!file.exists(path)) refuse("not_found", folder, " has no model.json")
  written <- tryCatch(parse_json(paste(readLines(path, encoding = "UTF-8", warn = FALSE), collapse = "\n")),
    error = function(error) refuse("invalid_input", path, ": ", conditionMessage(error))
  )
  for (name in c("project", "version", "signature", "trained_at", "rows")) {
    if (is.null(written[[name]])) refuse("invalid_input", path, ": `", name, "` is missing")
  }
  if (!identical(written[["kind"]], "rds")) {
    refuse("invalid_input", path, ": kind must be rds for a model in R")
  }
  deploy <- list(
    project = written[["project"]], version = written[["version"]],
    signature = complete_signature(written, path),
    trained_at = utc_text(read_time(written[["trained_at"]], path)),
    rows = as.integer(written[["rows"]]),
    library = or(written[["library"]], ""), artifact = or(written[["artifact"]], "model.rds"),
    module = or(written[["module"]], ""), train = or(written[["train"]], ""),
    metrics = if (length(written[["metrics"]])) written[["metrics"]] else NO_OBJECT
  )
  for (name in c(deploy$artifact, deploy$module, deploy$train)) check_file(folder, name)
  deploy
}

or <- function(value, otherwise) if (is.null(value)) otherwise else value

check_file <- function(folder, name) {
  if (!nzchar(name)) return()
  if (basename(name) != name) refuse("invalid_input", "model.json: ", name, " must be a file in the same folder")
  if (!file.exists(file.path(folder, name))) {
    refuse("not_found", folder, " has no ", name, ", which its model.json names")
  }
}

complete_signature <- function(written, path) {
  signature <- written[["signature"]]
  task <- or(signature[["task"]], written[["task"]])
  classes <- or(signature[["classes"]], list())
  if (!isTRUE(task %in% c("regression", "classification"))) {
    refuse("invalid_input", path, ": `task` must be regression or classification")
  }
  if (!length(signature[["inputs"]])) refuse("invalid_input", path, ": the signature has no inputs")
  if (is.null(signature[["target"]])) refuse("invalid_input", path, ": the signature has no target")
  if ((task == "classification") != (length(classes) > 0)) {
    refuse("invalid_input", path, ": classification needs `classes`, regression has none")
  }
  fields <- complete_fields(c(signature[["inputs"]], list(signature[["target"]])), path)
  last <- length(fields)
  list(inputs = fields[-last], target = fields[[last]], task = task, classes = classes)
}

complete_fields <- function(written, path) {
  fields <- list()
  for (field in written) {
    if (is.null(field[["name"]])) refuse("invalid_input", path, ": a field of the signature has no name")
    type <- or(field[["type"]], "number")
    if (!type %in% TYPES) refuse("invalid_input", path, ": ", field[["name"]], " has the unknown type ", type)
    taken <- vapply(fields, `[[`, "", "column")
    column <- if (nzchar(or(field[["column"]], ""))) field[["column"]] else column_for(field[["name"]], taken)
    fields[[length(fields) + 1L]] <- list(
      name = field[["name"]], column = column, type = type, required = or(field[["required"]], TRUE),
      nullable = or(field[["nullable"]], FALSE), unit = or(field[["unit"]], "")
    )
  }
  fields
}

# The storage column for an input's name, by the rules that the whole platform follows.
column_for <- function(name, taken = character()) {
  folded <- tolower(gsub("[^\\x01-\\x7f]", "", stringi::stri_trans_nfkd(name), perl = TRUE))
  column <- substr(gsub("^_+|_+$", "", gsub("[^a-z0-9]+", "_", folded)), 1, 40)
  if (!nzchar(column)) column <- "field"
  if (!grepl("^[a-z]", column)) column <- substr(paste0("field_", column), 1, 40)
  if (column %in% OWN_COLUMNS || grepl("^(predicted_|score_)", column)) column <- paste0(column, "_input")
  candidate <- column
  count <- 2L
  while (candidate %in% taken) {
    candidate <- paste0(column, "_", count)
    count <- count + 1L
  }
  candidate
}

# Times travel as ISO 8601; one without a zone is UTC.
read_time <- function(text, path = "") {
  plain <- sub("(Z|[+-]\\d\\d:?\\d\\d)$", "", text)
  zone <- substr(text, nchar(plain) + 1L, nchar(text))
  zone <- if (zone %in% c("", "Z")) "+0000" else sub(":", "", zone)
  time <- strptime(sub("[T ]", " ", plain), "%Y-%m-%d %H:%M:%OS", tz = "UTC")
  if (is.na(time)) refuse("invalid_input", path, ": ", text, " is not a time")
  offset <- as.integer(substr(zone, 2, 3)) * 3600 + as.integer(substr(zone, 4, 5)) * 60
  as.POSIXct(time) - if (startsWith(zone, "-")) -offset else offset
}

utc_text <- function(time) format(time, "%Y-%m-%dT%H:%M:%OS6Z", tz = "UTC")
