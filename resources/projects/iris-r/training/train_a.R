# Trains version A and writes its deploy folder: Rscript training/train_a.R [FOLDER]

source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))), "deploy.R"))
train_and_write("A")
