# The instances of a request, checked against the signature and turned into a data frame.

LARGEST_INTEGER <- 2^53
LONGEST_TEXT <- 4096L
WANTED <- c(number = "a number", integer = "a number", string = "a text", boolean = "true or false")

# The rows of a body {"instances": [{…}, …]} (raw), with columns by the inputs' own names.
read_instances <- function(body, inputs) {
  request <- tryCatch(read_body(body), relevo_fault = function(error) {
    if (error$code == "invalid_json") refuse_opening(body)
    stop(error)
  })
  check_members(request, c(instances = "an array"))
  rows <- request$instances
  if (!length(rows)) refuse("invalid_input", "instances is empty; send at least one", field = "instances")
  names(inputs) <- vapply(inputs, `[[`, "", "name")
  rows <- checked_rows(rows, names(inputs))
  frame_of(lapply(inputs, function(field) column_of(rows, field)))
}

# No whole JSON, but it is clear already which member cannot be right: the client is told that first.
refuse_opening <- function(body) {
  text <- tryCatch(rawToChar(body), error = function(zero) "")
  if (!validUTF8(text)) return()
  before <- "^[ \t\r\n]*\\{[ \t\r\n]*\"instances\"[ \t\r\n]*:[ \t\r\n]*"
  if (grepl(paste0(before, "\\{"), text)) {
    refuse("invalid_input", "instances must be an array, not an object", field = "instances")
  }
  if (grepl(paste0(before, "\\[[ \t\r\n]*\\["), text)) {
    refuse("invalid_input", "instances[0] must be an object, not an array", field = "instances[0]")
  }
}

# A data frame whose columns keep their names, whatever characters those have.
frame_of <- function(columns) {
  structure(columns, class = "data.frame", row.names = .set_row_names(length(columns[[1]])))
}

# Rows that are objects of known members, each of them once: the last counts, as in most readers of JSON.
checked_rows <- function(rows, known) {
  for (place in which(!vapply(rows, is_object, NA))) {
    path <- instance_path(place)
    refuse("invalid_input", path, " must be an object, not ", kind_word(rows[[place]]), field = path)
  }
  if (length(setdiff(unlist(lapply(rows, names)), known))) refuse_unknown(rows, known)
  twice <- vapply(rows, function(row) anyDuplicated(names(row)) > 0L, NA)
  rows[twice] <- lapply(rows[twice], function(row) row[!duplicated(names(row), fromLast = TRUE)])
  rows
}

refuse_unknown <- function(rows, known) {
  for (place in seq_along(rows)) {
    for (name in setdiff(names(rows[[place]]), known)) {
      path <- join_path(instance_path(place), name)
      refuse("invalid_input", path, " is not an input of this project", field = path)
    }
  }
}

instance_path <- function(place, name = NULL) {
  path <- sprintf("instances[%d]", place - 1L)
  if (is.null(name)) path else join_path(path, name)
}

# One input's values, NA where they may be missing and are.
column_of <- function(rows, field) {
  values <- lapply(rows, `[[`, field$name)
  missing <- vapply(values, is.null, NA)
  if (any(missing)) check_missing(rows, field, which(missing))
  column <- switch(field$type, string = NA_character_, boolean = NA, NA_real_)
  column <- rep(column, length(rows))
  given <- values[!missing]
  fits <- switch(field$type,
    string = vapply(given, is.character, NA),
    boolean = vapply(given, is.logical, NA),
    vapply(given, is.numeric, NA)
  )
  if (!all(fits)) refuse_kind(field, values, which(!missing)[which(!fits)[1]])
  column[!missing] <- unlist(given)
  check_range(column, field)
  column
}

check_missing <- function(rows, field, places) {
  present <- vapply(rows[places], function(row) field$name %in% names(row), NA)
  if (!field$nullable && any(present)) {
    refuse_kind(field, vector("list", length(rows)), places[present][1])
  }
  if (field$required && !all(present)) {
    path <- instance_path(places[!present][1], field$name)
    refuse("invalid_input", path, " is required", field = path)
  }
}

refuse_kind <- function(field, values, place) {
  path <- instance_path(place, field$name)
  wanted <- paste0(WANTED[[field$type]], if (field$nullable) " or null")
  refuse("invalid_input", path, " must be ", wanted, ", not ", kind_word(values[[place]]), field = path)
}

check_range <- function(column, field) {
  if (field$type == "string") {
    bad <- which(nchar(column) > LONGEST_TEXT)
    says <- paste("is longer than", LONGEST_TEXT, "characters")
  } else if (field$type == "integer") {
    bad <- which(column != trunc(column) | abs(column) > LARGEST_INTEGER)
    says <- "must be a whole number of at most 2**53"
  } else {
    bad <- which(is.infinite(column))
    says <- "is too large a number"
  }
  if (length(bad)) {
    path <- instance_path(bad[1], field$name)
    refuse("invalid_input", path, " ", says, field = path)
  }
}
