# Trains version B, a support-vector machine with a polynomial kernel; retraining uses it too.
# Parameters: cost, degree. Its probabilities are calibrated by cross-validation (Platt scaling).

train <- function(frame, target, parameters) {
  cost <- if (is.null(parameters$cost)) 1 else parameters$cost
  degree <- if (is.null(parameters$degree)) 3 else parameters$degree
  set.seed(7) # the cross-validation draws
  e1071::svm(reformulate(".", as.name(target)),
    data = frame, kernel = "polynomial", degree = degree, cost = cost, probability = TRUE
  )
}
