# Relevo for R: read a training set, save a deploy folder, publish it, store what it predicts. Source this file;
# it needs the packages jsonlite, curl and digest. In Relevo's own development images its place is in the
# variable RELEVO_HELPER: source(Sys.getenv("RELEVO_HELPER")).
#
#   gateway <- relevo_connect("http://127.0.0.1:8000")      # the token is read from RELEVO_TOKEN
#   frame <- relevo_data(gateway, "iris", "A")
#   model <- e1071::svm(species ~ ., frame, probability = TRUE)
#   relevo_write_deploy("deployA", model, "iris", "A", frame, "species", train = "train.R")
#   relevo_publish_version(gateway, "deployA")

# A gateway and an administrator's token, as the other functions take it.
relevo_connect <- function(address = Sys.getenv("RELEVO_GATEWAY"), token = Sys.getenv("RELEVO_TOKEN")) {
  if (!nzchar(address)) stop("name the gateway, such as http://127.0.0.1:8000", call. = FALSE)
  if (!nzchar(token)) stop("set RELEVO_TOKEN to an administrator's token", call. = FALSE)
  structure(list(address = sub("/$", "", address), token = token), class = "relevo_gateway")
}

# Never shows the token.
print.relevo_gateway <- function(x, ...) {
  cat("Relevo at", x$address, "\n")
  invisible(x)
}

# Rows to train a version on, as a data frame: its inputs and target by their own names.
# source: "historical", "live" (labelled rows only) or "both"; rows: only the newest so many; since, until: ISO times.
relevo_data <- function(gateway, project, version, source = "both", rows = NULL, since = NULL, until = NULL) {
  query <- list(version = version, source = source, rows = rows, since = since, until = until)
  query <- Filter(Negate(is.null), query)
  words <- paste0(names(query), "=", vapply(query, .relevo_quote, ""), collapse = "&")
  text <- .relevo_ask(gateway, "GET", paste0("/v1/projects/", project, "/data?", words))
  lines <- strsplit(text, "\n", fixed = TRUE)[[1]]
  jsonlite::fromJSON(paste0("[", paste(lines[nzchar(lines)], collapse = ","), "]"))
}

# Save a trained model as a deploy folder, which Relevo serves and publishes; what describes it is read off the
# training set.
# frame: the training set; target: the name of its column that is predicted, a factor or texts for classes.
# train: an R file that defines train(frame, target, parameters), so that the version can be retrained.
# module: an R file that defines predict_rows(model, rows), where predict() alone would not do.
# units: names to units, such as c("petal width" = "cm"); metrics: names to numbers.
relevo_write_deploy <- function(folder, model, project, version, frame, target, train = NULL, module = NULL,
                                library = .relevo_library(model), units = character(), metrics = list()) {
  dir.create(folder, recursive = TRUE, showWarnings = FALSE)
  saveRDS(model, file.path(folder, "model.rds"))
  description <- list(
    project = project, version = version, kind = "rds", artifact = "model.rds", library = library,
    train = .relevo_bring(train, folder), module = .relevo_bring(module, folder),
    signature = .relevo_signature(frame, target, units), trained_at = .relevo_now(), rows = nrow(frame),
    metrics = as.list(metrics)
  )
  description <- Filter(length, description)
  text <- jsonlite::toJSON(description, auto_unbox = TRUE, pretty = 2, digits = NA)
  writeLines(enc2utf8(text), file.path(folder, "model.json"), useBytes = TRUE)
  invisible(folder)
}

# Store a deploy folder's model and register its version; again changes nothing but what is new.
relevo_publish_version <- function(gateway, folder) {
  deploy <- .relevo_deploy(folder)
  path <- file.path(folder, deploy$artifact)
  content <- readBin(path, "raw", file.size(path))
  sha256 <- digest::digest(content, "sha256", serialize = FALSE)
  .relevo_ask(gateway, "PUT", paste0("/v1/artifacts/", sha256), content)
  base <- .relevo_version(deploy$project, deploy$version)
  version <- list(
    project = deploy$project, name = deploy$version, mode = "challenger", signature = deploy$signature,
    revision = sha256, created_at = .relevo_now()
  )
  .relevo_ask(gateway, "PUT", base, version)
  .relevo_ask(gateway, "POST", paste0(base, "/revisions"), list(
    project = deploy$project, version = deploy$version, sha256 = sha256, size = length(content),
    trained_at = deploy$trained_at, rows = deploy$rows, library = deploy$library,
    metrics = c(structure(list(), names = character()), deploy$metrics)
  ))
  invisible(sha256)
}

# Store a project's training set; how many rows. The signature is the deploy folder's.
relevo_publish_training <- function(gateway, folder, frame) {
  deploy <- .relevo_deploy(folder)
  fields <- c(deploy$signature$inputs, list(deploy$signature$target))
  names <- vapply(fields, `[[`, "", "name")
  columns <- lapply(frame[names], function(column) I(if (is.factor(column)) as.character(column) else column))
  upload <- list(signature = deploy$signature, columns = columns)
  answer <- .relevo_ask(gateway, "PUT", paste0("/v1/projects/", deploy$project, "/training"), upload)
  jsonlite::fromJSON(answer)$rows
}

# Ask a running version for rows of the training set and store what it predicts; how many rows.
# ids: the rows' numbers, counted from 0.
relevo_publish_training_predictions <- function(gateway, project, version, frame, ids = seq_len(nrow(frame)) - 1L) {
  base <- .relevo_version(project, version)
  instances <- list(instances = frame)
  tried <- jsonlite::fromJSON(.relevo_ask(gateway, "POST", paste0(base, "/try"), instances))
  upload <- list(ids = I(ids), predicted = I(tried$predictions), scores = lapply(tried$probabilities, I))
  if (!length(upload$scores)) upload$scores <- NULL
  jsonlite::fromJSON(.relevo_ask(gateway, "PUT", paste0(base, "/training-predictions"), upload))$rows
}

# Predictions for the rows of a data frame, recorded like any other: id, prediction, version and revision.
relevo_predict <- function(gateway, project, frame) {
  answer <- .relevo_ask(gateway, "POST", paste0("/v1/projects/", project, "/predict"), list(instances = frame))
  jsonlite::fromJSON(answer)$predictions
}

# Tell the true values of predictions by their ids; telling one again is harmless.
relevo_label <- function(gateway, project, ids, labels) {
  items <- data.frame(id = ids, label = labels)
  jsonlite::fromJSON(.relevo_ask(gateway, "POST", paste0("/v1/projects/", project, "/labels"), items))
}

# Give a project, or one of its versions, a port of its own on the gateway.
# networks: CIDR blocks that may call it without a token.
relevo_listen <- function(gateway, port, project, version = "", networks = character(), host = "127.0.0.1") {
  listener <- list(project = project, version = version, networks = I(networks), host = host)
  invisible(.relevo_ask(gateway, "PUT", paste0("/v1/listeners/", port), listener))
}

# What the functions above share.

.relevo_ask <- function(gateway, method, path, body = NULL) {
  handle <- curl::new_handle(customrequest = method, timeout = 300L)
  curl::handle_setheaders(handle,
    authorization = paste("Bearer", gateway$token), "content-type" = "application/json", expect = ""
  )
  if (!is.null(body)) {
    if (!is.raw(body)) {
      text <- jsonlite::toJSON(body, auto_unbox = TRUE, digits = NA, na = "null", null = "null")
      body <- charToRaw(enc2utf8(text))
    }
    curl::handle_setopt(handle, post = TRUE, postfieldsize = length(body), postfields = body, customrequest = method)
  }
  answer <- curl::curl_fetch_memory(paste0(gateway$address, path), handle)
  text <- rawToChar(answer$content)
  Encoding(text) <- "UTF-8"
  if (answer$status_code >= 400L) stop(.relevo_complaint(answer$status_code, text), call. = FALSE)
  text
}

.relevo_complaint <- function(status, text) {
  error <- tryCatch(jsonlite::fromJSON(text)$error, error = function(unreadable) NULL)
  if (is.null(error$message)) return(paste("the gateway answered", status))
  paste(c(error$message, error$remedy), collapse = "\n")
}

.relevo_version <- function(project, version) paste0("/v1/projects/", project, "/versions/", version)

.relevo_quote <- function(value) utils::URLencode(as.character(value), reserved = TRUE)

.relevo_now <- function() format(Sys.time(), "%Y-%m-%dT%H:%M:%SZ", tz = "UTC")

# The package that a model's class comes from, with its version, such as "e1071 1.7-13".
.relevo_library <- function(model) {
  places <- unlist(lapply(class(model), function(class) utils::getAnywhere(paste0("predict.", class))$where))
  package <- sub(".*:", "", grep("^(namespace|package):", places, value = TRUE))
  if (!length(package)) return("")
  paste(package[1], utils::packageVersion(package[1]))
}

.relevo_bring <- function(file, folder) {
  if (is.null(file)) return(NULL)
  if (normalizePath(dirname(file)) != normalizePath(folder)) file.copy(file, folder, overwrite = TRUE)
  basename(file)
}

.relevo_deploy <- function(folder) {
  jsonlite::fromJSON(file.path(folder, "model.json"), simplifyVector = FALSE)
}

.relevo_signature <- function(frame, target, units) {
  classes <- is.factor(frame[[target]]) || is.character(frame[[target]])
  fields <- list()
  for (name in c(setdiff(names(frame), target), target)) {
    taken <- vapply(fields, `[[`, "", "column")
    fields[[length(fields) + 1L]] <- list(
      name = name, column = .relevo_column(name, taken), type = .relevo_type(frame[[name]]), required = TRUE,
      nullable = anyNA(frame[[name]]), unit = if (name %in% names(units)) units[[name]] else ""
    )
  }
  last <- length(fields)
  list(
    inputs = fields[-last], target = fields[[last]], task = if (classes) "classification" else "regression",
    classes = as.list(if (classes) levels(factor(frame[[target]])))
  )
}

.relevo_type <- function(column) {
  if (is.logical(column)) "boolean" else if (is.numeric(column)) "number" else "string"
}

# The storage column for a name, by the rules that all of Relevo follows.
.relevo_column <- function(name, taken = character()) {
  if (grepl("[^ -~]", name)) name <- stringi::stri_trans_nfkd(name)
  column <- tolower(gsub("[^\\x01-\\x7f]", "", name, perl = TRUE))
  column <- substr(gsub("^_+|_+$", "", gsub("[^a-z0-9]+", "_", column)), 1, 40)
  if (!nzchar(column)) column <- "field"
  if (!grepl("^[a-z]", column)) column <- substr(paste0("field_", column), 1, 40)
  own <- c(
    "id", "bucket", "predicted", "label", "labelled_at", "revision", "mode", "propensity", "latency_ms", "name",
    "version"
  )
  if (column %in% own || grepl("^(predicted_|score_)", column)) column <- paste0(column, "_input")
  candidate <- column
  count <- 2L
  while (candidate %in% taken) {
    candidate <- paste0(column, "_", count)
    count <- count + 1L
  }
  candidate
}
