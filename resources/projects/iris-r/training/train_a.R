# Trains version A and writes its deploy folder. Run in the project's folder:
# Rscript training/train_a.R [FOLDER]

source("training/deploy.R")
train_and_write("A")
