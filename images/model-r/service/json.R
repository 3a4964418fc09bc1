# JSON in and out: what jsonlite does not do by itself.

DEEPEST <- 32L
# JSON whose strings hold nothing that looks like nesting, as nearly all has.
PLAIN_STRINGS <- "^(?:[^\"]*+\"[^]\"\\\\[{}]*+\")*+[^\"]*+$"
NO_OBJECT <- structure(list(), names = character())

# Lists stay lists: a vector of one is a plain value, so arrays are given as lists.
to_json <- function(value) {
  as.character(jsonlite::toJSON(value, auto_unbox = TRUE, null = "null", na = "null", digits = NA))
}

parse_json <- function(text) jsonlite::parse_json(text, simplifyVector = FALSE)

is_object <- function(value) is.list(value) && !is.null(names(value))

# A number as people read it.
counted <- function(number) format(number, big.mark = ",", trim = TRUE)

# Doubles as JSON, one text each, in the fewest digits (15 or 17) that read back as the same number.
number_texts <- function(values) {
  texts <- sprintf("%.15g", values)
  inexact <- as.numeric(texts) != values
  texts[inexact] <- sprintf("%.17g", values[inexact])
  texts
}

json_array <- function(texts) paste0("[", paste(texts, collapse = ","), "]")

# A request's body (raw) as R's lists; refuses with what is wrong with it. What is nested deeper than DEEPEST
# is null in it and marks the whole as `deep`: whoever asks for certain members says where it does not fit.
read_body <- function(body) {
  text <- tryCatch(rawToChar(body), error = function(zero) NULL)
  if (is.null(text) || !validUTF8(text)) refuse("invalid_json", "the body is not valid UTF-8")
  Encoding(text) <- "UTF-8"
  if (!grepl("[^ \t\r\n]", text)) refuse("invalid_json", "the body is not valid JSON: it is empty")
  depth <- depth_of(body, if (!grepl(PLAIN_STRINGS, text, perl = TRUE)) inside_strings(text, length(body)))
  deep <- max(depth) > DEEPEST
  if (deep) text <- without_depths(body, depth)
  value <- tryCatch(parse_json(text), error = function(error) refuse_malformed(text, error))
  if (deep) structure(value, deep = TRUE) else value
}

# How many arrays and objects are open after each byte, but for those that are masked.
depth_of <- function(bytes, masked = NULL) {
  opens <- bytes == charToRaw("[") | bytes == charToRaw("{")
  closes <- bytes == charToRaw("]") | bytes == charToRaw("}")
  steps <- opens - closes
  if (!is.null(masked)) steps[masked] <- 0L
  cumsum(steps)
}

# Whether each byte of a text belongs to a string.
inside_strings <- function(text, size) {
  found <- gregexpr("\"(?:[^\"\\\\]|\\\\.)*+\"", text, perl = TRUE, useBytes = TRUE)[[1]]
  inside <- integer(size + 1L)
  if (found[1] > 0L) {
    inside[found] <- 1L
    ends <- found + attr(found, "match.length")
    inside[ends] <- inside[ends] - 1L
  }
  cumsum(inside)[seq_len(size)] > 0L
}

# A body up to where it is nested too deeply, ended there: the parser recurses, so no more must reach it.
without_depths <- function(bytes, depth) {
  kept <- seq_len(which(depth > DEEPEST)[1] - 1L)
  shallow <- vapply(seq_len(DEEPEST), function(level) max(which(depth[kept] < level), 0L) + 1L, 0)
  closing <- ifelse(bytes[shallow] == charToRaw("["), "]", "}")
  text <- paste0(rawToChar(bytes[kept]), "null", paste(rev(closing), collapse = ""))
  Encoding(text) <- "UTF-8"
  text
}

refuse_deep <- function(body) {
  if (isTRUE(attr(body, "deep"))) refuse("invalid_json", "the body is nested too deeply")
}

# Every body is an object: what begins as an array is refused as one, whole or not. JSON but for NaN or Infinity
# is told with the place where they stand.
refuse_malformed <- function(text, error) {
  if (grepl("^[ \t\r\n]*\\[", text)) check_members(list(), character())
  if (grepl("NaN|Infinity", text)) {
    outside <- "\"(?:[^\"\\\\]|\\\\.)*+\"(*SKIP)(*FAIL)|-?Infinity|NaN"
    repaired <- tryCatch(
      parse_json(gsub(outside, "1e999", text, perl = TRUE)),
      error = function(error) NULL
    )
    path <- path_to_infinite(repaired, "")
    if (!is.null(path)) {
      where <- if (nzchar(path)) path else "the body"
      refuse("invalid_input", where, " is NaN or infinite, which JSON has no number for; a missing value is null",
        field = path
      )
    }
  }
  reason <- sub("\\s+$", "", sub("\n.*", "", conditionMessage(error)))
  refuse("invalid_json", "the body is not valid JSON: ", reason)
}

path_to_infinite <- function(value, path) {
  if (is.numeric(value) && any(is.infinite(value))) return(path)
  if (!is.list(value)) return(NULL)
  for (place in seq_along(value)) {
    name <- names(value)[place]
    inner <- if (is.null(name)) paste0(path, "[", place - 1L, "]") else join_path(path, name)
    found <- path_to_infinite(value[[place]], inner)
    if (!is.null(found)) return(found)
  }
  NULL
}

join_path <- function(path, name) {
  if (nchar(name) > 200) name <- paste0(substr(name, 1, 200), "\u2026")
  if (nzchar(path)) paste0(path, ".", name) else name
}

kind_word <- function(value) {
  if (is.null(value)) "null"
  else if (is.list(value)) (if (is_object(value)) "an object" else "an array")
  else switch(typeof(value), logical = "true or false", character = "a text", "a number")
}

# A body that is an object with these members and no others; kinds names each member's kind as kind_word does.
check_members <- function(body, kinds, required = names(kinds), path = "") {
  where <- if (nzchar(path)) path else "the body"
  if (!is_object(body)) {
    refuse("invalid_input", where, " must be an object, not ", kind_word(body), field = path)
  }
  for (name in setdiff(names(body), names(kinds))) {
    refuse("invalid_input", join_path(path, name), " is not known here", field = join_path(path, name))
  }
  for (name in setdiff(required, names(body))) {
    refuse("invalid_input", join_path(path, name), " is required", field = join_path(path, name))
  }
  for (name in names(body)) {
    if (kind_word(body[[name]]) != kinds[[name]]) {
      refuse("invalid_input", join_path(path, name), " must be ", kinds[[name]], ", not ",
        kind_word(body[[name]]),
        field = join_path(path, name)
      )
    }
  }
}
