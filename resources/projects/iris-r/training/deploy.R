# Trains a version by its deploy folder's script and writes what describes it beside the model.

source("training/split.R")
source(Sys.getenv("RELEVO_HELPER", "../../helpers/relevo.R"))

TARGET <- "species"

# Writes to the folder that the command line names, or to the version's own.
train_and_write <- function(version) {
  folder <- paste0("deploy", version)
  output <- c(commandArgs(TRUE), folder)[1]
  parts <- split_irises(read_irises())
  script <- new.env()
  sys.source(file.path(folder, "train.R"), script)
  model <- script$train(parts$historical, TARGET, list())
  accuracy <- mean(predict(model, parts$live) == parts$live[[TARGET]])
  inputs <- setdiff(names(parts$historical), TARGET)
  relevo_write_deploy(output, model, "iris", version, parts$historical, TARGET,
    train = file.path(folder, "train.R"), units = setNames(rep("cm", length(inputs)), inputs),
    metrics = list(accuracy = round(accuracy, 4))
  )
  cat("version", version, "accuracy", round(accuracy, 4), "written to", output, "\n")
}
