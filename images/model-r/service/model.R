# From an artifact's bytes to a model that answers; nothing is read before its sha256 is checked.

sha256_of <- function(content) digest::digest(content, algo = "sha256", serialize = FALSE)

# A revision ready to answer. Refuses bytes that are not the registered ones, and models that do not fit the
# signature; readRDS can run code, so no other bytes are read.
load_model <- function(folder, deploy, content, registered) {
  found <- sha256_of(content)
  who <- paste(deploy$project, deploy$version)
  if (found != registered) {
    refuse("internal", "the artifact of ", who, " has sha256 ", short(found), ", registered is ",
      short(registered), "; it is not loaded")
  }
  need_library(deploy$library)
  model <- tryCatch(unserialize(memDecompress(content, "unknown")), error = function(error) {
    refuse("invalid_input", "the artifact ", short(registered), " of ", who, " cannot be loaded: ",
      conditionMessage(error))
  })
  loaded <- list(
    revision = registered, model = model, ask = asker(folder, deploy), classes = deploy$signature$classes,
    library = if (nzchar(deploy$library)) deploy$library else library_of(model)
  )
  probe(loaded, deploy, who)
  loaded
}

short <- function(sha256) paste0(substr(sha256, 1, 12), "\u2026")

# Loads the package that trained the model, named in model.json such as "e1071 1.7-13": predict() needs it.
need_library <- function(library) {
  package <- sub(" .*", "", library)
  if (nzchar(package) && !requireNamespace(package, quietly = TRUE)) {
    refuse("invalid_input", "this model needs the R package ", package, ", which is not installed here")
  }
}

# Name and version of the package that predicts with a model of this class; R itself where none does.
library_of <- function(model) {
  for (kind in class(model)) {
    method <- utils::getS3method("predict", kind, optional = TRUE)
    if (is.null(method)) next
    package <- environmentName(topenv(environment(method)))
    if (!package %in% c("R_GlobalEnv", "base", "")) return(paste(package, utils::packageVersion(package)))
  }
  paste("R", getRversion())
}

# How the model is asked: by the team's own predict_rows(model, rows) in the module, or as R does.
asker <- function(folder, deploy) {
  if (!nzchar(deploy$module)) {
    classes <- deploy$signature$classes
    return(function(model, rows) if (length(classes)) ask_classes(model, rows) else stats::predict(model, rows))
  }
  module <- new.env(parent = globalenv())
  sys.source(file.path(folder, deploy$module), module, chdir = TRUE)
  if (!is.function(module$predict_rows)) {
    refuse("invalid_input", deploy$module, " does not define predict_rows(model, rows)")
  }
  module$predict_rows
}

# The classes that a classifier predicts, and its probabilities where it gives them: a vector, or a list of
# `predictions` and `probabilities`, a matrix with the classes as column names.
ask_classes <- function(model, rows) UseMethod("ask_classes")

ask_classes.default <- function(model, rows) {
  predicted <- stats::predict(model, rows)
  if (is.list(predicted) && !is.null(predicted$posterior)) {
    return(list(predictions = predicted$class, probabilities = predicted$posterior))
  }
  predicted
}

# libsvm's probabilities (Platt scaling), and the class that is likeliest by them.
ask_classes.svm <- function(model, rows) {
  if (!isTRUE(model$compprob)) return(stats::predict(model, rows))
  predicted <- stats::predict(model, rows, probability = TRUE)
  list(predictions = as.character(predicted), probabilities = attr(predicted, "probabilities"))
}

ask_classes.randomForest <- function(model, rows) {
  list(
    predictions = as.character(stats::predict(model, rows)),
    probabilities = stats::predict(model, rows, type = "prob")
  )
}

ask_classes.rpart <- function(model, rows) {
  list(
    predictions = as.character(stats::predict(model, rows, type = "class")),
    probabilities = stats::predict(model, rows, type = "prob")
  )
}

# Predictions (numbers or class names, one a row) and probabilities (a matrix in the order of the classes).
answer_rows <- function(loaded, rows) {
  given <- loaded$ask(loaded$model, rows)
  if (!is.list(given)) given <- list(predictions = given)
  classes <- unlist(loaded$classes)
  predictions <- given$predictions
  predictions <- if (length(classes)) as.character(predictions) else as.numeric(predictions)
  if (length(predictions) != nrow(rows) || anyNA(predictions) ||
    (!length(classes) && !all(is.finite(predictions)))) {
    refuse_values("it gives no finite prediction for each row")
  }
  if (!length(classes)) return(list(predictions = predictions))
  unknown <- setdiff(predictions, classes)
  if (length(unknown)) stop("the model gave the class ", unknown[1], ", which the signature does not have")
  probabilities <- ordered_probabilities(given$probabilities, classes, nrow(rows))
  list(predictions = predictions, probabilities = probabilities)
}

ordered_probabilities <- function(matrix, classes, rows) {
  if (is.null(matrix)) return(NULL)
  if (!setequal(colnames(matrix), classes) || nrow(matrix) != rows) {
    stop("the model gave probabilities of ", paste(colnames(matrix), collapse = ", "))
  }
  ordered <- matrix[, classes, drop = FALSE]
  if (!all(is.finite(ordered))) refuse_values("its probabilities are not finite")
  ordered
}

refuse_values <- function(why) {
  refuse("invalid_input", "the model cannot predict these values: ", why, field = "instances")
}

# What a model says of values that it was not made for is the client's to know; anything else is a bug.
answer_or_refuse <- function(loaded, rows) {
  tryCatch(answer_rows(loaded, rows), error = function(error) {
    if (inherits(error, "relevo_fault")) stop(error)
    said <- conditionMessage(error)
    if (is.null(conditionCall(error)) || grepl("new levels?", said)) refuse_values(said)
    stop(error)
  })
}

# A model that cannot answer a row of its own signature is found out before it is in service.
probe <- function(loaded, deploy, who) {
  types <- vapply(deploy$signature$inputs, `[[`, "", "type")
  if (any(types == "string")) return()
  columns <- lapply(types, function(type) if (type == "boolean") FALSE else 1)
  names(columns) <- vapply(deploy$signature$inputs, `[[`, "", "name")
  tryCatch(answer_rows(loaded, frame_of(columns)), error = function(error) {
    # That it has no answer for these very values says nothing about others.
    if (inherits(error, "relevo_fault")) return()
    refuse("invalid_input", "the artifact ", short(loaded$revision), " of ", who,
      " does not fit its signature: ", conditionMessage(error))
  })
}

# The JSON text of an answer.
answer_text <- function(loaded, rows) {
  answers <- answer_or_refuse(loaded, rows)
  classes <- unlist(loaded$classes)
  if (!length(classes)) {
    predictions <- number_texts(answers$predictions)
    classes_text <- "null"
  } else {
    quoted <- vapply(classes, to_json, "")
    predictions <- quoted[match(answers$predictions, classes)]
    classes_text <- json_array(quoted)
  }
  paste0(
    '{"predictions":', json_array(predictions), ',"probabilities":', matrix_text(answers$probabilities),
    ',"classes":', classes_text, ',"revision":"', loaded$revision, '"}'
  )
}

matrix_text <- function(matrix) {
  if (is.null(matrix)) return("null")
  texts <- number_texts(as.vector(matrix))
  dim(texts) <- dim(matrix)
  rows <- do.call(paste, c(lapply(seq_len(ncol(texts)), function(place) texts[, place]), sep = ","))
  json_array(paste0("[", rows, "]"))
}
