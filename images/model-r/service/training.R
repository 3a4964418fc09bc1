# The training process: fetches the data, runs the version's own script, measures, writes the artifact.
# Started by the service with the path of its order, a JSON file; says how far it is in a file of JSON lines.

FEWEST_ROWS <- 10L
UNSEEN <- 0.2

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
for (part in c("faults", "json", "deploy", "instances", "model", "gateway")) {
  source(file.path(here, paste0(part, ".R")), encoding = "UTF-8")
}

train_revision <- function(order) {
  # A script finds what lies beside it, as where it was written.
  order$folder <- normalizePath(order$folder)
  setwd(order$folder)
  deploy <- read_deploy(order$folder)
  say(order, 0.02, "fetching the data")
  frame <- labelled_frame(fetch(order), deploy$signature)
  if (!is.null(order$rows)) frame <- utils::tail(frame, order$rows)
  rows <- nrow(frame)
  if (rows < FEWEST_ROWS) {
    refuse("invalid_input", "there are ", rows, " rows to train on; at least ", FEWEST_ROWS, " are needed")
  }
  need_library(deploy$library)
  script <- training_script(file.path(order$folder, deploy$train))
  say(order, 0.3, paste("measuring on", counted(round(UNSEEN * rows)), "unseen rows of", counted(rows)))
  metrics <- measure(script, frame, deploy, order)
  say(order, 0.6, paste("training on", counted(rows), "rows"))
  model <- run_script(script, frame, deploy, order)
  say(order, 0.9, "checking the new model")
  saveRDS(model, order$output)
  content <- readBin(order$output, "raw", file.size(order$output))
  load_model(order$folder, deploy, content, sha256_of(content))
  say(order, 0.95, "trained", finished = TRUE, rows = rows, library = library_now(deploy), metrics = metrics)
}

say <- function(order, progress, message, ...) {
  line <- to_json(list(progress = progress, message = message, ...))
  cat(line, "\n", file = order$progress, append = TRUE, sep = "")
}

# The rows, one JSON object a line.
fetch <- function(order) {
  handle <- curl::new_handle(timeout = 3600L)
  curl::handle_setheaders(handle, authorization = paste("Bearer", secret_of("RELEVO_TOKEN")))
  answer <- curl::curl_fetch_memory(order$data_url, handle)
  text <- rawToChar(answer$content)
  if (answer$status_code >= 300L) stop(fault_from(answer$status_code, text))
  Encoding(text) <- "UTF-8"
  strsplit(text, "\n", fixed = TRUE)[[1]]
}

# The labelled rows as a data frame, typed as reading the team's own file would type them; classes are a factor.
labelled_frame <- function(lines, signature) {
  rows <- parse_json(json_array(lines[nzchar(lines)]))
  target <- signature$target$name
  rows <- Filter(function(row) !is.null(row[[target]]), rows)
  fields <- c(signature$inputs, list(signature$target))
  names(fields) <- vapply(fields, `[[`, "", "name")
  frame <- frame_of(lapply(fields, function(field) values_of(rows, field)))
  if (signature$task == "classification") {
    frame[[target]] <- factor(as.character(frame[[target]]), levels = unlist(signature$classes))
  }
  frame
}

values_of <- function(rows, field) {
  values <- lapply(rows, `[[`, field$name)
  values[vapply(values, is.null, NA)] <- NA
  if (field$type == "string") as.character(unlist(values))
  else if (field$type == "boolean") as.logical(unlist(values))
  else as.numeric(unlist(values))
}

training_script <- function(path) {
  script <- new.env(parent = globalenv())
  sys.source(path, script)
  if (!is.function(script$train)) {
    refuse("invalid_input", basename(path), " does not define train(frame, target, parameters)")
  }
  script$train
}

run_script <- function(script, frame, deploy, order) {
  tryCatch(script(frame, deploy$signature$target$name, order$parameters), error = function(error) {
    refuse("invalid_input", "the training script failed: ", conditionMessage(error))
  })
}

# Metrics on the newest fifth of a model that has not seen it.
measure <- function(script, frame, deploy, order) {
  border <- nrow(frame) - round(UNSEEN * nrow(frame))
  unseen <- frame[-seq_len(border), , drop = FALSE]
  model <- run_script(script, frame[seq_len(border), , drop = FALSE], deploy, order)
  loaded <- list(model = model, ask = asker(order$folder, deploy), classes = deploy$signature$classes)
  target <- deploy$signature$target$name
  real <- unseen[[target]]
  predicted <- answer_rows(loaded, unseen[setdiff(names(unseen), target)])$predictions
  if (deploy$signature$task == "regression") return(regression_metrics(real, predicted))
  classification_metrics(as.character(real), predicted)
}

regression_metrics <- function(real, predicted) {
  list(
    r2 = 1 - sum((real - predicted)^2) / sum((real - mean(real))^2),
    rmse = sqrt(mean((real - predicted)^2)),
    mae = mean(abs(real - predicted))
  )
}

# F1 as the mean over all classes that are real or predicted; 0 for one that is never right.
classification_metrics <- function(real, predicted) {
  f1 <- vapply(union(real, predicted), function(class) {
    right <- sum(real == class & predicted == class)
    2 * right / (sum(real == class) + sum(predicted == class))
  }, 0)
  list(accuracy = mean(real == predicted), f1_macro = mean(f1))
}

# The package that trains, in the version installed here.
library_now <- function(deploy) {
  package <- sub(" .*", "", deploy$library)
  if (!nzchar(package)) return(paste("R", getRversion()))
  paste(package, utils::packageVersion(package))
}

order <- jsonlite::fromJSON(commandArgs(TRUE)[1], simplifyVector = FALSE)
tryCatch(train_revision(order), error = function(error) {
  if (!inherits(error, "relevo_fault")) log_bug("training", error)
  say(order, 0, "failed", failure = conditionMessage(error))
})
