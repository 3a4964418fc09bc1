# Trains the models of these tests: Rscript models.R FOLDER

source(Sys.getenv("RELEVO_HELPER"))
folder <- commandArgs(TRUE)[1]
place <- function(name) file.path(folder, name)
set.seed(1)
frame <- data.frame(a = rnorm(200), b = rnorm(200), c = rnorm(200))
frame$y <- frame$a - 2 * frame$b + frame$c / 2 + rnorm(200) / 10

for (factor in c(1, 2, -1)) {
  scaled <- transform(frame, y = factor * y)
  relevo_write_deploy(place(paste0("linear_", factor)), lm(y ~ a + b + c, scaled), "plant", "A", scaled, "y")
}

kinds <- data.frame(frame[c("a", "b", "c")], kind = factor(ifelse(frame$y > 0, "yes", "no")))
model <- e1071::svm(kind ~ ., kinds, probability = TRUE)
relevo_write_deploy(place("classes"), model, "plant", "A", kinds, "kind")
rows <- round(head(kinds[c("a", "b", "c")], 20), 3)
asked <- predict(model, rows, probability = TRUE)
exact <- apply(attr(asked, "probabilities")[, c("no", "yes")], 1:2, sprintf, fmt = "%.17g")
told <- list(rows = rows, predictions = as.character(asked), probabilities = unname(exact))
writeLines(jsonlite::toJSON(told), place("classes_told.json"))

# Classifiers that give their probabilities each in their own way, and one that gives none.
given <- function(folder, model, classes, probabilities) {
  relevo_write_deploy(place(folder), model, "plant", "A", kinds, "kind")
  told <- list(rows = rows, predictions = as.character(classes))
  if (!is.null(probabilities)) {
    told$probabilities <- unname(apply(probabilities[, c("no", "yes")], 1:2, sprintf, fmt = "%.17g"))
  }
  writeLines(jsonlite::toJSON(told), place(paste0(folder, "_told.json")))
}
forest <- randomForest::randomForest(kind ~ ., kinds, ntree = 20)
given("forest", forest, predict(forest, rows), predict(forest, rows, type = "prob"))
tree <- rpart::rpart(kind ~ ., kinds)
given("tree", tree, predict(tree, rows, type = "class"), predict(tree, rows, type = "prob"))
discriminant <- MASS::lda(kind ~ ., kinds)
asked <- predict(discriminant, rows)
given("discriminant", discriminant, asked$class, asked$posterior)
plain <- e1071::svm(kind ~ ., kinds)
given("plain", plain, predict(plain, rows), NULL)

# A model that only its own function can ask, with inputs of every type.
mixed <- data.frame(n = 1:20, flag = rep(c(TRUE, FALSE), 10), x = rnorm(20), o = rnorm(20))
mixed$colour <- rep(c("red", "blue"), 10)
mixed$y <- mixed$n + mixed$flag
writeLines(c(
  "predict_rows <- function(model, rows) {",
  "  if (any(rows$n == 13)) stop('thirteen is not for me', call. = FALSE)",
  "  if (any(rows$n == 666)) a_secret_inside()",
  "  if (any(rows$n == 99)) return(rep(1, nrow(rows) + 1))",
  "  rows$n + rows$flag + ifelse(is.na(rows$x), 100, 0) + ifelse(is.na(rows$o), 1000, 0) + nchar(rows$colour) / 10",
  "}"
), place("predict.R"))
relevo_write_deploy(place("mixed"), list(), "plant", "A", mixed, "y", module = place("predict.R"), library = "")
description <- jsonlite::fromJSON(file.path(place("mixed"), "model.json"), simplifyVector = FALSE)
description$signature$inputs[[1]]$type <- "integer"
description$signature$inputs[[3]]$nullable <- TRUE
description$signature$inputs[[4]]$required <- FALSE
writeLines(jsonlite::toJSON(description, auto_unbox = TRUE), file.path(place("mixed"), "model.json"))

# Names that no column can have as they are.
odd <- data.frame(frame$a, frame$b, frame$y)
names(odd) <- c("Größe in cm", "predicted", "größe in CM")
model <- lm(reformulate("`Größe in cm` + predicted", as.name("größe in CM")), odd)
relevo_write_deploy(place("odd"), model, "plant", "A", odd, "größe in CM")
