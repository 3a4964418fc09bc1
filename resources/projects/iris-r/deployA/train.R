# Trains version A, a support-vector machine with a radial kernel; retraining uses it too.
# Parameters: cost. Its probabilities are calibrated by cross-validation (Platt scaling).

train <- function(frame, target, parameters) {
  cost <- if (is.null(parameters$cost)) 1 else parameters$cost
  set.seed(7) # the cross-validation draws
  e1071::svm(reformulate(".", as.name(target)), data = frame, kernel = "radial", cost = cost, probability = TRUE)
}
