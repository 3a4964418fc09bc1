# JSON in and out: what jsonlite does not do by itself.

DEEPEST <- 32L
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

# A request's body (raw) as R's lists; refuses with what is wrong with it.
read_body <- function(body) {
  text <- tryCatch(rawToChar(body), error = function(zero) NULL)
  if (is.null(text) || !validUTF8(text)) refuse("invalid_json", "the body is not valid UTF-8")
  Encoding(text) <- "UTF-8"
  if (!grepl("[^ \t\r\n]", text)) refuse("invalid_json", "the body is not valid JSON: it is empty")
  check_depth(body, text)
  tryCatch(parse_json(text), error = function(error) refuse_malformed(text, error))
}

# The parser recurses: a body that is nested without end must not reach it.
check_depth <- function(body, text) {
  if (depth_of(body) > DEEPEST && depth_of(charToRaw(without_strings(text))) > DEEPEST) {
    refuse("invalid_json", "the body is nested too deeply")
  }
}

depth_of <- function(bytes) {
  opens <- bytes == charToRaw("[") | bytes == charToRaw("{")
  closes <- bytes == charToRaw("]") | bytes == charToRaw("}")
  max(0, cumsum(opens - closes))
}

without_strings <- function(text) gsub("\"(?:[^\"\\\\]|\\\\.)*+\"", "\"\"", text, perl = TRUE)

# JSON but for NaN or Infinity is told with the place where they stand.
refuse_malformed <- function(text, error) {
  if (grepl("NaN|Infinity", text)) {
    outside <- "\"(?:[^\"\\\\]|\\\\.)*+\"(*SKIP)(*FAIL)|-?Infinity|NaN"
    repaired <- tryCatch(
      parse_json(gsub(outside, "1e999", text, perl = TRUE)),
      error = function(error) NULL
    )
    path <- path_to_infinite(repaired, "")
    if (!is.null(path)) {
      refuse("invalid_input", path, " is NaN or infinite, which JSON has no number for; a missing value is null",
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
